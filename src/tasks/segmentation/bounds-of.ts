import type { Rectangle } from '../../frames/picture-view.ts';
import { decodeRuns } from './rle.ts';
import type { Rle } from './segmented.ts';

/** @internal The smallest rectangle around a mask, in its pixels; of no size for an empty mask. Throws `OptionError` for a damaged one. */
export function boundsOf(who: string, rle: Rle): Rectangle {
  const [height] = rle.size;
  const runs = decodeRuns(who, rle);
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < runs.length; i += 2) {
    const [from, last] = [runs[i] ?? 0, (runs[i + 1] ?? 0) - 1];
    const [first, final] = [Math.floor(from / height), Math.floor(last / height)];
    left = Math.min(left, first);
    right = Math.max(right, final);
    // A run over the foot of a column goes on at the head of the next one.
    top = Math.min(top, first === final ? from % height : 0);
    bottom = Math.max(bottom, first === final ? last % height : height - 1);
  }
  if (right < left) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
