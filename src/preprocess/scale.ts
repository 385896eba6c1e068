import type { Pixels } from '../stage/pixels.ts';
import type { Rectangle, Size } from '../frames/picture-view.ts';
import type { ResizeMethod } from './fit.ts';
import { taps, type Taps } from './taps.ts';

/**
 * @internal RGB of a part of a picture, brought to the size of a part of the output; the rest of the output is black. `source`
 * may be fractional. Transparent pixels are blended with white.
 */
export function scalePart(
  pixels: Pixels,
  source: Rectangle,
  { width, height }: Size,
  target: Rectangle,
  method: ResizeMethod,
): Uint8ClampedArray {
  const columns = taps(method, pixels.width, source.x, source.width, target.width);
  const rows = taps(method, pixels.height, source.y, source.height, target.height);
  const firstColumn = columns[0]?.first ?? 0;
  const data = new Uint8ClampedArray(width * height * 3);
  const sum = new Float32Array((afterLast(columns) - firstColumn) * 3);
  rows.forEach(({ first, weights }, y) => {
    sum.fill(0);
    weights.forEach((weight, tap) => addRow(pixels, firstColumn, first + tap, weight, sum));
    shrinkRow(sum, firstColumn, columns, data, ((y + target.y) * width + target.x) * 3);
  });
  return data;
}

function afterLast(all: readonly Taps[]): number {
  const last = all.at(-1);
  return last ? last.first + last.weights.length : 0;
}

/** The vertical pass: adds a weighted row, blended with white, to the sum. */
function addRow(pixels: Pixels, firstColumn: number, y: number, weight: number, sum: Float32Array): void {
  const { width, channels, data } = pixels;
  let at = (y * width + firstColumn) * channels;
  if (channels === 3) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (data[at++] as number);
    return;
  }
  for (let i = 0; i < sum.length; at += 4) {
    const part = (weight * (data[at + 3] as number)) / 255;
    const white = 255 * (weight - part);
    for (let c = 0; c < 3; c++, i++) sum[i] = (sum[i] as number) + part * (data[at + c] as number) + white;
  }
}

/** The horizontal pass over one row of sums. */
function shrinkRow(
  sum: Float32Array,
  firstColumn: number,
  columns: readonly Taps[],
  out: Uint8ClampedArray,
  offset: number,
): void {
  let o = offset;
  for (const { first, weights } of columns) {
    let [r, g, b, at] = [0, 0, 0, (first - firstColumn) * 3];
    for (let tap = 0; tap < weights.length; tap++, at += 3) {
      const weight = weights[tap] as number;
      r += weight * (sum[at] as number);
      g += weight * (sum[at + 1] as number);
      b += weight * (sum[at + 2] as number);
    }
    out[o++] = r;
    out[o++] = g;
    out[o++] = b;
  }
}
