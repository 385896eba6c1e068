import type { Rectangle } from '../../frames/picture-view.ts';

/** A point of a picture, in pixels from its upper left corner. */
export interface PicturePoint {
  readonly x: number;
  readonly y: number;
}

/** The point of a box that stands for it: `bottom` is the middle of its lower edge, where an object stands on the ground. */
export type Anchor = 'bottom' | 'centre';

export function anchorOf({ x, y, width, height }: Rectangle, anchor: Anchor): PicturePoint {
  return { x: x + width / 2, y: anchor === 'bottom' ? y + height : y + height / 2 };
}

/** Over 0 where a point lies on the right of the way from `a` to `b`, as the picture is seen; 0 on the line. */
function sideOf(a: PicturePoint, b: PicturePoint, point: PicturePoint): number {
  return (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
}

/**
 * How often a step crosses a line, each crossing from its left to its right as 1 and each other one as -1. A point on the line counts as on its left, so that
 * no step crosses the same place twice.
 */
export function crossingsOf(line: readonly PicturePoint[], from: PicturePoint, to: PicturePoint): number {
  let net = 0;
  for (const [a, b] of partsOf(line)) {
    const arrives = sideOf(a, b, to) > 0;
    if (sideOf(a, b, from) > 0 === arrives) continue;
    if (sideOf(from, to, a) > 0 !== sideOf(from, to, b) > 0) net += arrives ? 1 : -1;
  }
  return net;
}

/** Whether a point lies in a polygon: a ray from it crosses the border an odd number of times. */
export function isInside(polygon: readonly PicturePoint[], { x, y }: PicturePoint): boolean {
  let inside = false;
  for (const [a, b] of partsOf(closed(polygon))) {
    if (a.y > y !== b.y > y && x < a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y)) inside = !inside;
  }
  return inside;
}

/** The distance of a point from a line, in pixels. */
export function distanceTo(line: readonly PicturePoint[], point: PicturePoint): number {
  let least = Infinity;
  for (const [a, b] of partsOf(line)) {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const share = ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy);
    const along = Math.min(1, Math.max(0, share));
    least = Math.min(least, Math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy));
  }
  return least;
}

/** The border of a polygon as a line, whether or not its last point is the first one again. */
export function closed(polygon: readonly PicturePoint[]): readonly PicturePoint[] {
  const [first, last] = [polygon[0] as PicturePoint, polygon.at(-1) as PicturePoint];
  return first.x === last.x && first.y === last.y ? polygon : [...polygon, first];
}

function partsOf(line: readonly PicturePoint[]): (readonly [PicturePoint, PicturePoint])[] {
  return line.slice(1).map((b, i) => [line[i] as PicturePoint, b]);
}
