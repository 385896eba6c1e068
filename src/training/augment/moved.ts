import type { Pixels } from '../../stage/pixels.ts';
import { withData } from './with-data.ts';

/** @internal An opaque colour: red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** @internal How a picture is moved: turned about its centre, counter-clockwise, and then shifted by so many pixels. */
export interface Motion {
  readonly degrees: number;
  readonly right: number;
  readonly down: number;
}

/** @internal The picture after a motion, interpolated bilinearly. What was outside of the picture has the colour `fill`. */
export function moved(pixels: Pixels, { degrees, right, down }: Motion, fill: Colour): Pixels {
  const { width, height, channels, data } = pixels;
  const out = new Uint8ClampedArray(data.length);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y++) {
    // Where the pixel comes from: the inverse motion.
    const dy = y - middleY - down;
    const row = { x: middleX - sin * dy, y: middleY + cos * dy, cos, sin, start: -middleX - right };
    moveRow(pixels, fill, row, out, y * width * channels);
  }
  return withData(pixels, out);
}

/** Pixel n of a row comes from (x + cos · (start + n), y + sin · (start + n)). */
interface Row {
  readonly x: number;
  readonly y: number;
  readonly cos: number;
  readonly sin: number;
  readonly start: number;
}

// One row a call: a loop over a whole picture, entered once per frame, would be compiled late or never.
function moveRow(pixels: Pixels, fill: Colour, row: Row, out: Uint8ClampedArray, at: number): void {
  const { width, channels } = pixels;
  const sum = new Float64Array(4);
  for (let n = 0, to = at; n < width; n++, to += channels) {
    const x = row.x + row.cos * (row.start + n);
    const y = row.y + row.sin * (row.start + n);
    const left = Math.floor(x);
    const top = Math.floor(y);
    const partX = x - left;
    const partY = y - top;
    sum.fill(0);
    addPixel(pixels, fill, left, top, (1 - partX) * (1 - partY), sum);
    addPixel(pixels, fill, left + 1, top, partX * (1 - partY), sum);
    addPixel(pixels, fill, left, top + 1, (1 - partX) * partY, sum);
    addPixel(pixels, fill, left + 1, top + 1, partX * partY, sum);
    // Colours count by their alpha: what is transparent must not colour its neighbours.
    const alpha = sum[3] as number;
    for (let c = 0; c < 3; c++) out[to + c] = alpha > 0 ? (sum[c] as number) / alpha : 0;
    if (channels === 4) out[to + 3] = alpha * 255;
  }
}

/** Adds a weighted pixel to a sum of red, green, blue and alpha, where alpha is from 0 to 1. */
function addPixel(pixels: Pixels, fill: Colour, x: number, y: number, weight: number, sum: Float64Array): void {
  const { width, height, channels, data } = pixels;
  const isInside = x >= 0 && y >= 0 && x < width && y < height;
  const values = isInside ? data : fill;
  const at = isInside ? (y * width + x) * channels : 0;
  const part = isInside && channels === 4 ? (weight * (data[at + 3] as number)) / 255 : weight;
  for (let c = 0; c < 3; c++) sum[c] = (sum[c] as number) + part * (values[at + c] as number);
  sum[3] = (sum[3] as number) + part;
}
