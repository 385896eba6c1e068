import { taps, type Taps } from '../../preprocess/taps.ts';
import { LUMA } from '../../preprocess/to-tensor.ts';
import { checkPixels, type Pixels } from '../../stage/pixels.ts';

/** The luma of a picture at 32 × 32, 0–255, row by row. */
export type Thumbnail = Float32Array;

const SIDE = 32;

/**
 * Makes the thumbnail of a picture: its luma (ITU-R BT.601), of which each cell is an area average. A picture with fewer than 32 rows or
 * columns is enlarged bilinearly. Transparent pixels are blended with white. Throws `ShapeError`.
 */
export function thumbnail(pixels: Pixels): Thumbnail {
  const { width, height } = checkPixels(pixels);
  const [columns, rows] = [taps('area', width, 0, width, SIDE), taps('area', height, 0, height, SIDE)];
  const luma = new Float32Array(SIDE * SIDE);
  const sum = new Float32Array(width);
  for (let y = 0; y < SIDE; y++) {
    sum.fill(0);
    let [row, tap] = [rows.first[y] as number, rows.start[y] as number];
    while (tap < (rows.start[y + 1] as number)) addRow(pixels, row++, rows.weights[tap++] as number, sum);
    shrinkRow(sum, columns, luma, y * SIDE);
  }
  return luma;
}

/** The largest difference between two cells in the same place, 0–255. */
export function differenceOf(one: Thumbnail, other: Thumbnail): number {
  return one.reduce((largest, level, i) => Math.max(largest, Math.abs(level - (other[i] as number))), 0);
}

/** Adds the luma of a row, over white, to a sum. */
function addRow({ width, channels, data }: Pixels, y: number, weight: number, sum: Float32Array): void {
  let at = y * width * channels;
  for (let x = 0; x < width; x++, at += channels) {
    const luma =
      LUMA[0] * (data[at] as number) + LUMA[1] * (data[at + 1] as number) + LUMA[2] * (data[at + 2] as number);
    const alpha = channels === 3 ? 1 : (data[at + 3] as number) / 255;
    sum[x] = (sum[x] as number) + weight * (255 + (luma - 255) * alpha);
  }
}

function shrinkRow(values: Float32Array, { first, start, weights }: Taps, out: Float32Array, at: number): void {
  for (let x = 0; x < SIDE; x++) {
    let [from, tap, sum] = [first[x] as number, start[x] as number, 0];
    while (tap < (start[x + 1] as number)) sum += (weights[tap++] as number) * (values[from++] as number);
    out[at + x] = sum;
  }
}
