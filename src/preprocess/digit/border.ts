import type { Rectangle } from '../../frames/picture-view.ts';

/** The pixels on the border of a part of a plane that is so wide, once around: their places, clockwise from the top left. */
export function borderOf({ x, y, width, height }: Rectangle, planeWidth: number): Int32Array {
  const [right, bottom] = [x + width - 1, y + height - 1];
  const places: number[] = [];
  for (let column = x; column <= right; column++) places.push(y * planeWidth + column);
  for (let row = y + 1; row <= bottom; row++) places.push(row * planeWidth + right);
  if (height > 1) for (let column = right - 1; column >= x; column--) places.push(bottom * planeWidth + column);
  if (width > 1) for (let row = bottom - 1; row > y; row--) places.push(row * planeWidth + x);
  return Int32Array.from(places);
}

/** For each value of a closed line the median of the `span` values around it, or of all if there are fewer. Values are 0–255. */
export function mediansAround(values: Uint8Array, span: number): Uint8Array {
  const { length } = values;
  const half = Math.floor((Math.min(span, length) - 1) / 2);
  const counts = new Int32Array(256);
  const valueAt = (i: number) => values[(i + length) % length] as number;
  const count = (i: number, by: number) => (counts[valueAt(i)] = (counts[valueAt(i)] as number) + by);
  for (let i = -half; i <= half; i++) count(i, 1);
  return values.map((_, i) => {
    let [median, below] = [0, counts[0] as number];
    while (below <= half) below += counts[++median] as number;
    count(i - half, -1);
    count(i + half + 1, 1);
    return median;
  });
}
