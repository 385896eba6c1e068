import type { Rectangle } from '../../frames/picture-view.ts';
import { eachPiece } from './rle.ts';

/** @internal The smallest rectangle around the pixels of runs, which go down columns of this height; of no size for none. */
export function boundsOf(runs: readonly number[], height: number): Rectangle {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  eachPiece(runs, height, (column, from, to) => {
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, from);
    bottom = Math.max(bottom, to);
  });
  if (right < left) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top };
}
