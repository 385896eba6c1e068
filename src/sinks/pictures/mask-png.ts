import { classMap } from '../../tasks/segmentation/class-map.ts';
import { maskOf } from '../../tasks/segmentation/mask-of.ts';
import { mapPlace, type Segmentation } from '../../tasks/segmentation/segmented.ts';
import { indexedPng } from './indexed-png.ts';

/**
 * The map of a result as a PNG. The number of a pixel is that of its class, in the colours of Pascal VOC; of a mask the probability, grey.
 * Pixels of no region have the number of the background, where there is one and the network saw all of the picture, else 255. Numbers over
 * 255 are grey of 16 bits, and 65535 is none of them. Throws `OptionError` for a damaged mask.
 */
export function maskPng(result: Segmentation, background: number | undefined): Uint8Array {
  const size = mapPlace(result);
  if (result.form === 'mask') return indexedPng(size, maskOf(result, result.regions[0]?.label ?? ''));
  const none = background !== undefined && result.unseen === 0 ? { none: background } : {};
  const map = classMap(result, none);
  return indexedPng(size, map, map.BYTES_PER_ELEMENT === 1 ? VOC_COLOURS : undefined);
}

/** The colours of Pascal VOC: the bits of a class number, three at a time, are the upper bits of red, green and blue. */
const VOC_COLOURS = Uint8Array.from({ length: 3 * 256 }, (_, i) => {
  let colour = 0;
  for (let number = Math.floor(i / 3), bit = 7; bit >= 0; bit--, number >>= 3) {
    colour |= ((number >> (i % 3)) & 1) << bit;
  }
  return colour;
});
