import type { OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Detection } from '../detection/detected-box.ts';
import { CrossingCount, type Crossings } from './crossing-count.ts';
import type { PicturePoint } from './geometry.ts';
import { mapResults } from '../map-results.ts';
import { perSource } from '../../frames/per-source.ts';
import { checkedPlace, checkedPoints, checkFree, type PlaceOptions } from './place-options.ts';

/** Options of {@link countCrossings}. */
export interface CountCrossingsOptions<Name extends string = 'crossings'> extends PlaceOptions<Name> {
  /** The points of the line, at least two, in pixels of the source picture. It ends at the first and the last one. */
  readonly line: readonly PicturePoint[];
}

const NAMES: OptionNames<CountCrossingsOptions> = { line: true, name: true, anchor: true, margin: true };

/**
 * Counts the objects that cross a line. Results of {@link track} → the same results with a field `crossings`, or `name`: how many
 * crossings its source had so far, and those of this frame.
 *
 * `forward` is from the left of the line to its right, as one sees the picture and goes from the first point to the last one: a line from top to
 * bottom is crossed forward from right to left. A crossing is a step of a box's `anchor` between two frames that cuts the line, not
 * its extension. A track without a box in between steps from where it was last. With a `margin`, a crossing counts in the frame
 * in which the anchor is that far from the line, and going back and forth before counts as where it ends.
 *
 * The count of a source begins anew when its time goes back. The last 10,000 tracks of a source are remembered. Throws
 * `OptionError`. A box without a `trackId` is a `StageError` with the frame.
 *
 * @see {@link track}, {@link inZone}
 *
 * @example
 * const at = (seq: number, x: number) => ({
 *   ...{ source: 'door.mp4', seq, timestamp: seq * 40_000, timings: [], latencyMs: 0, picture: { width: 640, height: 360 } },
 *   boxes: [{ x, y: 100, width: 50, height: 120, score: 0.9, label: 'person', index: 0, trackId: 1 }],
 * });
 * const line = [{ x: 320, y: 360 }, { x: 320, y: 0 }];
 * of(at(0, 280), at(1, 300)).pipe(countCrossings({ line })).subscribe(({ crossings }) => console.log(crossings));
 * // { forward: 0, backward: 0, events: [] }
 * // { forward: 1, backward: 0, events: [{ trackId: 1, label: 'person', direction: 'forward' }] }
 */
export function countCrossings<R extends FrameLabel & Detection, Name extends string = 'crossings'>(
  options: CountCrossingsOptions<Name>,
): OperatorFunction<R, R & { readonly [Field in Name]: Crossings }> {
  const who = 'countCrossings';
  checkOptions<CountCrossingsOptions<string>>(who, options, NAMES);
  const line = checkedPoints(who, 'line', options.line, 2);
  const { name, anchor, margin } = checkedPlace(who, options, 'crossings' as Name);
  return mapResults(who, () => {
    const counts = perSource(() => new CrossingCount({ line, anchor, margin }));
    return (result: R) => {
      checkFree(who, name, result);
      return { ...result, [name]: counts.of(result).next(result) } as R & { readonly [Field in Name]: Crossings };
    };
  });
}
