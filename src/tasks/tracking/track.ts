import type { MonoTypeOperatorFunction } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Detection } from '../detection/detected-box.ts';
import { checkedBoxes } from '../detection/check-boxes.ts';
import { mapResults } from '../map-results.ts';
import { perSource } from '../../frames/per-source.ts';
import { checkedTrackOptions, type TrackOptions } from './track-options.ts';
import { Tracker } from './tracker.ts';

/**
 * Follows objects from frame to frame: each box gets the number of its object (`trackId`), the same in every frame. Results of
 * `detection()` → the same results, whose boxes are those of tracks, as the detector gave them and in its order.
 *
 * This is ByteTrack (Zhang et al. 2022, "ByteTrack: Multi-object tracking by associating every detection box"). A Kalman filter expects
 * each track at a place. Boxes of a high score are matched with all tracks, then boxes of a low score with the tracks of the last
 * frame that are left, so that an object that is hard to see keeps its number. **Boxes of a low score have to arrive: `infer(model, {
 * minScore: 0.1 })`.** The costs are 1 - IoU, and their sum is the least possible.
 *
 * - A track counts in the second frame in a row that shows it; those of a source's first frame count at once. Only then it gets its number
 *   and its boxes are in results. Numbers are whole, from 1, in the order in which tracks begin to count, for all sources of a subscription.
 * - A track without a box is lost. It emits none, and is found again by a box of a high score within `keepFor`.
 * - Time is that of `timestamp`. The paper counts frames: this takes its 30 frames for a second, and predicts over any gap. A track of the
 *   last frame is looked for in the next one, however long the gap is.
 * - Each source has tracks of its own. They end when its time goes back, and when results of 1000 other sources came since.
 *
 * Throws `OptionError`. A result without boxes, and a box with a number that is not finite, are a `StageError` with the frame. Boxes
 * without an area belong to no track.
 *
 * @see {@link detection}, {@link countCrossings}, {@link inZone}
 *
 * @example
 * const at = (seq: number, x: number) => ({
 *   ...{ source: 'clip.mp4', seq, timestamp: seq * 40_000, timings: [], latencyMs: 0, picture: { width: 640, height: 360 } },
 *   boxes: [{ x, y: 100, width: 50, height: 120, score: seq === 1 ? 0.3 : 0.9, label: 'person', index: 0 }],
 * });
 * of(at(0, 10), at(1, 14), at(2, 18)).pipe(track()).subscribe(({ seq, boxes }) => console.log(seq, boxes[0]?.trackId));
 * // 0 1
 * // 1 1
 * // 2 1
 */
export function track<R extends FrameLabel & Detection>(options: TrackOptions = {}): MonoTypeOperatorFunction<R> {
  const checked = checkedTrackOptions(options);
  return mapResults('track', () => {
    let tracks = 0;
    const trackers = perSource(() => new Tracker(checked, () => ++tracks));
    return (result) => ({ ...result, boxes: trackers.of(result).next(checkedBoxes(result), result.timestamp) });
  });
}
