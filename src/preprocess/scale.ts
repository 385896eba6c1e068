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
  const from = columns.first[0] ?? 0;
  const data = new Uint8ClampedArray(width * height * 3);
  const sum = new Float32Array((afterLast(columns) - from) * 3);
  const isOpaque = pixels.channels === 3;
  const add = isOpaque ? addColours : addOverWhite;
  for (let y = 0; y < target.height; y++) {
    const [first = 0, start = 0, end = 0] = [rows.first[y], rows.start[y], rows.start[y + 1]];
    if (isOpaque && end - start === 2) {
      mixRows(pixels, from, first, rows.weights[start] ?? 0, rows.weights[start + 1] ?? 0, sum);
    } else {
      sum.fill(0);
      for (let tap = start; tap < end; tap++) add(pixels, from, first + tap - start, rows.weights[tap] ?? 0, sum);
    }
    shrinkRow(sum, from, columns, data, ((y + target.y) * width + target.x) * 3);
  }
  return data;
}

function afterLast({ first, start }: Taps): number {
  const outputs = first.length;
  return outputs === 0 ? 0 : (first[outputs - 1] ?? 0) + (start[outputs] ?? 0) - (start[outputs - 1] ?? 0);
}

/** The vertical pass: adds a weighted row to the sum. */
function addColours({ width, data }: Pixels, from: number, y: number, weight: number, sum: Float32Array): void {
  let at = (y * width + from) * 3;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (data[at++] as number);
}

/** As `addColours` for RGBA, blended with white. */
function addOverWhite({ width, data }: Pixels, from: number, y: number, weight: number, sum: Float32Array): void {
  let at = (y * width + from) * 4;
  for (let i = 0; i < sum.length; at += 4) {
    const part = (weight * (data[at + 3] as number)) / 255;
    const white = 255 * (weight - part);
    for (let c = 0; c < 3; c++, i++) sum[i] = (sum[i] as number) + part * (data[at + c] as number) + white;
  }
}

/** The vertical pass for two rows at once, to the last bit as `addColours` gives it. */
function mixRows(
  { width, data }: Pixels,
  from: number,
  y: number,
  above: number,
  below: number,
  sum: Float32Array,
): void {
  const at = (y * width + from) * 3;
  const under = at + width * 3;
  for (let i = 0; i < sum.length; i++) {
    sum[i] = Math.fround(above * (data[at + i] as number)) + below * (data[under + i] as number);
  }
}

/** The horizontal pass over one row of sums. */
function shrinkRow(sum: Float32Array, from: number, columns: Taps, out: Uint8ClampedArray, offset: number): void {
  const { first, start, weights } = columns;
  let o = offset;
  let tap = 0;
  for (let x = 0; x < first.length; x++) {
    const end = start[x + 1] as number;
    // To take them out of a list costs as much as the sums.
    let r = 0;
    let g = 0;
    let b = 0;
    for (let at = ((first[x] as number) - from) * 3; tap < end; tap++, at += 3) {
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
