import { inSource, type PictureView, type Rectangle } from '../frames/picture-view.ts';
import type { Corners } from './detection/heads/box-coders.ts';

/** A box in the source picture, without what lies outside of it. Undefined if all of it does. `what` is what has the box. */
export function boxInSource(
  view: PictureView,
  [left, top, right, bottom]: Corners,
  what: string,
): Rectangle | undefined {
  if (![left, top, right, bottom].every(Number.isFinite)) {
    throw new RangeError(`${what} has a coordinate that is not a finite number`);
  }
  const { x, y, width, height } = inSource(view, { x: left, y: top, width: right - left, height: bottom - top });
  const [x0, y0] = [Math.max(0, x), Math.max(0, y)];
  const [x1, y1] = [Math.min(view.source.width, x + width), Math.min(view.source.height, y + height)];
  return x1 > x0 && y1 > y0 ? { x: x0, y: y0, width: x1 - x0, height: y1 - y0 } : undefined;
}
