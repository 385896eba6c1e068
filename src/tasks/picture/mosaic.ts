import type { Size } from '../../frames/picture-view.ts';

/**
 * A picture that is put together of tiles, row by row of tiles from the top left. Only the rows that tiles may still add to are kept as
 * floats.
 */
export class Mosaic {
  readonly data: Uint8ClampedArray;
  readonly #size: Size;
  readonly #band: Float32Array;
  readonly #bandSize: Size;
  #top = 0;

  /** `size` is that of the picture, and `band` that of a row of tiles, which may be wider. */
  constructor(size: Size, band: Size) {
    this.#size = size;
    this.#bandSize = band;
    this.#band = new Float32Array(band.width * band.height * 3);
    this.data = new Uint8ClampedArray(size.width * size.height * 3);
  }

  /** Adds a tile of the current row of tiles, interleaved RGB, whose left edge is at `x`. Each pixel counts `across` · `down`. */
  add(colours: Float32Array, x: number, across: Float32Array, down: Float32Array): void {
    const band = this.#band;
    for (let row = 0, from = 0; row < down.length; row++) {
      const share = down[row] ?? 0;
      let to = (row * this.#bandSize.width + x) * 3;
      for (let column = 0; column < across.length; column++) {
        const weight = share * (across[column] ?? 0);
        for (let c = 0; c < 3; c++, from++, to++) band[to] = (band[to] ?? 0) + weight * (colours[from] ?? 0);
      }
    }
  }

  /** Rounds the rows above `y`, to which no tile adds any more. */
  finishTo(y: number): void {
    const { width, height } = this.#size;
    const line = this.#bandSize.width * 3;
    const rows = y - this.#top;
    for (let row = 0; row < Math.min(rows, height - this.#top); row++) {
      this.data.set(this.#band.subarray(row * line, row * line + width * 3), (this.#top + row) * width * 3);
    }
    this.#band.copyWithin(0, rows * line);
    this.#band.fill(0, this.#band.length - rows * line);
    this.#top = y;
  }
}
