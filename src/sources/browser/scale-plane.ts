import type { Grid } from './planes.ts';
import { scaleFilter, type ScaleFilter } from './scale-filter.ts';

/** A width and a height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** @internal Brings a plane to another size as ffmpeg's swscale does, bit for bit: rows first, to 15 bits, then columns. */
export class PlaneScaler {
  readonly #across: ScaleFilter;
  readonly #down: ScaleFilter;
  /** As wide as the output, as high as the input. */
  readonly #rows: Int16Array;

  constructor(from: Size, to: Size) {
    this.#across = scaleFilter(from.width, to.width, 2 ** 14);
    this.#down = scaleFilter(from.height, to.height, 2 ** 12);
    this.#rows = new Int16Array(to.width * from.height);
  }

  /** Takes a plane in. Four rows at a time: the same weights serve them all. */
  read(bytes: Uint8Array, { offset, stride, step, height }: Grid): void {
    const { size, first, weights } = this.#across;
    const rows = this.#rows;
    const width = first.length;
    for (let y = 0; y < height; y += 4) {
      const [second, third, fourth] = [
        Math.min(1, height - 1 - y),
        Math.min(2, height - 1 - y),
        Math.min(3, height - 1 - y),
      ];
      const [in2, in3, in4] = [second * stride, third * stride, fourth * stride];
      const [out2, out3, out4] = [second * width, third * width, fourth * width];
      const row = offset + y * stride;
      for (let x = 0, out = y * width, weight = 0; x < width; x++, out++) {
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let tap = 0, at = row + (first[x] as number) * step; tap < size; tap++, at += step) {
          const by = weights[weight++] as number;
          a += (bytes[at] as number) * by;
          b += (bytes[at + in2] as number) * by;
          c += (bytes[at + in3] as number) * by;
          d += (bytes[at + in4] as number) * by;
        }
        rows[out] = a >> 7;
        rows[out + out2] = b >> 7;
        rows[out + out3] = c >> 7;
        rows[out + out4] = d >> 7;
      }
    }
  }

  /** One row of the output, in 2⁻¹⁹. `start` is added: a half of what it is cut off to, so that it is rounded. */
  write(y: number, start: number, row: Int32Array): void {
    const { size, first, weights } = this.#down;
    const rows = this.#rows;
    const [top, at] = [(first[y] as number) * row.length, y * size];
    const by = weights[at] as number;
    for (let x = 0; x < row.length; x++) row[x] = start + (rows[top + x] as number) * by;
    for (let tap = 1, from = top + row.length; tap < size; tap++, from += row.length) {
      const by = weights[at + tap] as number;
      for (let x = 0; x < row.length; x++) row[x] = (row[x] as number) + (rows[from + x] as number) * by;
    }
  }
}
