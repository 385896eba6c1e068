import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { isA } from '../../errors/is-a.ts';
import { fillRuns } from './class-map.ts';
import { mapSize, runsOfRegion } from './rle.ts';
import type { Segmentation } from './segmented.ts';

/**
 * Which pixels of a result show a label: width × height numbers, row by row, 255 inside and 0 outside. Of the form `mask`, the probabilities
 * from 0 to 255, unless the result comes from a file, which does not have them. The size is that of `place`, else of `picture`. A
 * label that the picture does not show has no pixels.
 *
 * Throws `OptionError` for a damaged mask.
 *
 * @see {@link classMap}, {@link outlines}, {@link segmentation}
 *
 * @example
 * const picture = { width: 2, height: 2 };
 * const cat = { index: 8, label: 'cat', area: 1, share: 0.25, rle: { size: [2, 2], counts: '112' } } as const;
 * console.log(maskOf({ form: 'classes', regions: [cat], unseen: 0, picture }, 'cat').join()); // 0,0,255,0
 */
export function maskOf(result: Segmentation, label: string): Uint8Array {
  if (typeof label !== 'string') throw new OptionError(`maskOf needs a label, but got ${describeValue(label)}`);
  const size = mapSize('maskOf', result);
  const region = result.regions.find((one) => one.label === label);
  // Probabilities under the threshold are there without a region, which is why any label may be asked for then.
  const isOfLabel = region !== undefined || result.regions.length === 0;
  if (isOfLabel && result.form === 'mask' && isA('Uint8Array', result.mask)) return result.mask.slice();
  const mask = new Uint8Array(size.width * size.height);
  if (region) fillRuns(mask, runsOfRegion('maskOf', region, size), size, 255);
  return mask;
}
