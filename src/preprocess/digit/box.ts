import type { Rectangle, Size } from '../../frames/picture-view.ts';

/** The longer side of a box or a plane. */
export function longerSide({ width, height }: Size): number {
  return Math.max(width, height);
}

/** The smallest box around two. */
export function around(a: Rectangle, b: Rectangle): Rectangle {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** A box with a margin, as far as it lies in another one. */
export function widened({ x, y, width, height }: Rectangle, margin: number, within: Rectangle): Rectangle {
  const [left, top] = [Math.max(within.x, x - margin), Math.max(within.y, y - margin)];
  const right = Math.min(within.x + within.width, x + width + margin);
  const bottom = Math.min(within.y + within.height, y + height + margin);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The smallest box of whole pixels around one. Sums of fractions are not exact. */
export function inWholePixels({ x, y, width, height }: Rectangle): Rectangle {
  const [left, top] = [Math.floor(x + ROUNDING), Math.floor(y + ROUNDING)];
  const [right, bottom] = [Math.ceil(x + width - ROUNDING), Math.ceil(y + height - ROUNDING)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

const ROUNDING = 1e-6;

/** How far two boxes are apart, across or down; 0 or less if they touch. */
export function gap(a: Rectangle, b: Rectangle): number {
  const across = Math.max(a.x - b.x - b.width, b.x - a.x - a.width);
  const down = Math.max(a.y - b.y - b.height, b.y - a.y - a.height);
  return Math.max(across, down);
}
