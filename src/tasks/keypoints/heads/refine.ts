import type { KeypointOutputs } from '../keypoint-outputs.ts';

/** The map of a point. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  /** The value of a cell. */
  at(row: number, column: number): number;
}

/** How far a peak is from the middle of its cell, in cells. */
interface Offset {
  readonly x: number;
  readonly y: number;
}

/** A value under this has no logarithm worth the name. */
const LEAST = 1e-10;

/** Where between the cells the peak is that has its largest value in this cell. See `refine` of `KeypointOutputs`. */
export function offsetIn(
  map: HeatMap,
  row: number,
  column: number,
  refine: NonNullable<KeypointOutputs['refine']>,
): Offset {
  if (refine === 'none') return { x: 0, y: 0 };
  return (refine === 'dark' ? ofGaussian(map, row, column) : undefined) ?? aQuarter(map, row, column);
}

/** A neighbour that is missing, at the border, is no larger one. */
function aQuarter(map: HeatMap, row: number, column: number): Offset {
  const at = (y: number, x: number) => (y >= 0 && y < map.height && x >= 0 && x < map.width ? map.at(y, x) : -Infinity);
  const towards = (before: number, after: number) => (before === after ? 0 : after > before ? 0.25 : -0.25);
  return {
    x: towards(at(row, column - 1), at(row, column + 1)),
    y: towards(at(row - 1, column), at(row + 1, column)),
  };
}

/** The peak of the parabola through the logarithms around the cell. Undefined at the border, and for what is no peak of a Gaussian. */
function ofGaussian(map: HeatMap, row: number, column: number): Offset | undefined {
  if (row < 1 || column < 1 || row > map.height - 2 || column > map.width - 2) return undefined;
  const at = (y: number, x: number) => Math.log(Math.max(LEAST, map.at(row + y, column + x)));
  const [dx, dy] = [(at(0, 1) - at(0, -1)) / 2, (at(1, 0) - at(-1, 0)) / 2];
  const middle = at(0, 0);
  const [dxx, dyy] = [at(0, 1) - 2 * middle + at(0, -1), at(1, 0) - 2 * middle + at(-1, 0)];
  const dxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4;
  const determinant = dxx * dyy - dxy * dxy;
  if (!(determinant > 0 && dxx < 0)) return undefined;
  const [x, y] = [(dxy * dy - dyy * dx) / determinant, (dxy * dx - dxx * dy) / determinant];
  return Math.abs(x) <= 1 && Math.abs(y) <= 1 ? { x, y } : undefined;
}
