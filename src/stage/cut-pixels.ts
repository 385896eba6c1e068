import { viewOfPart, type Rectangle } from '../frames/picture-view.ts';
import { viewOf, type Pixels } from './pixels.ts';

/**
 * @internal The part of a picture that a rectangle of it covers, also where it covers pixels only partly. Undefined where the rectangle is
 * outside.
 */
export function cutPixels(pixels: Pixels, { x, y, width, height }: Rectangle): Pixels | undefined {
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const right = Math.min(pixels.width, Math.ceil(x + width));
  const bottom = Math.min(pixels.height, Math.ceil(y + height));
  if (!(right > left && bottom > top)) return undefined;
  const size = { width: right - left, height: bottom - top };
  const { channels } = pixels;
  const data = new Uint8Array(size.width * size.height * channels);
  for (let row = 0; row < size.height; row++) {
    const from = ((top + row) * pixels.width + left) * channels;
    data.set(pixels.data.subarray(from, from + size.width * channels), row * size.width * channels);
  }
  const before = viewOf(pixels);
  const view = before && viewOfPart(before, { x: left, y: top, ...size }, { x: 0, y: 0, ...size }, size);
  return { ...size, channels, data, ...(view ? { view } : {}) };
}
