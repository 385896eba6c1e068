import { decoderResize, resizeKey, resolveResize, type ResizeOptions } from '../preprocess/fit.ts';
import { resizePixels } from '../preprocess/resize.ts';
import type { Pixels } from '../stage/pixels.ts';

/**
 * @internal A decoder's picture, brought to the size that `resize` asks for: by the decoder itself if it can, else here. To find a digit
 * is left to the pipe.
 */
export function brought(decoded: Pixels, resize: ResizeOptions | undefined): Pixels {
  if (!resize || resize.fit === 'digit') return decoded;
  return decoderResize(resize)
    ? { ...decoded, resized: resizeKey(resize) }
    : resizePixels(decoded, resolveResize(resize));
}
