import type { PictureView } from '../../../src/frames/picture-view.ts';

// What segmentation has to give, pixel by pixel, without any of the ways in which src/ is quick.

/** Where the centre of a pixel of the source picture is in the network's input; undefined where that does not show it. */
export function inInput(view: PictureView, x: number, y: number): readonly [number, number] | undefined {
  const u = (x + 0.5 - view.left) / view.scaleX;
  const v = (y + 0.5 - view.top) / view.scaleY;
  return u >= 0 && v >= 0 && u < view.size.width && v < view.size.height ? [u, v] : undefined;
}

/** A grid of values: `at(row, column)`. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  at(row: number, column: number): number;
}

/** The value of a grid at a point of the input, between the four nearest ones. */
export function bilinear(grid: Grid, { size }: PictureView, u: number, v: number, alignCorners: boolean): number {
  const place = (at: number, input: number, length: number) => {
    const exact = alignCorners ? ((at - 0.5) / Math.max(1, input - 1)) * (length - 1) : (at / input) * length - 0.5;
    return Math.max(0, Math.min(length - 1, exact));
  };
  const [column, row] = [place(u, size.width, grid.width), place(v, size.height, grid.height)];
  let sum = 0;
  for (let r = 0; r < grid.height; r++) {
    for (let c = 0; c < grid.width; c++) {
      const weight = Math.max(0, 1 - Math.abs(r - row)) * Math.max(0, 1 - Math.abs(c - column));
      if (weight > 0) sum += weight * grid.at(r, c);
    }
  }
  return sum;
}

/** The value of a grid whose part a point of the input is in. */
export function nearest(grid: Grid, { size }: PictureView, u: number, v: number): number {
  return grid.at(Math.floor((v / size.height) * grid.height), Math.floor((u / size.width) * grid.width));
}

/** A number for each pixel of the source picture, row by row; `outside` where the network does not see it. */
export function eachPixel(
  view: PictureView,
  outside: number,
  value: (u: number, v: number) => number,
): readonly number[] {
  const { width, height } = view.source;
  return Array.from({ length: width * height }, (_, i) => {
    const point = inInput(view, i % width, Math.floor(i / width));
    return point ? value(...point) : outside;
  });
}

/** How many of two lists are equal, as a share. */
export function agreement(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return 0;
  let equal = 0;
  for (let i = 0; i < one.length; i++) if (one[i] === other[i]) equal++;
  return equal / one.length;
}
