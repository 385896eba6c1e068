import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../../errors/check-options.ts';
import { describeValue } from '../../../errors/describe-value.ts';
import { OptionError } from '../../../errors/errors.ts';
import type { FrameLabel } from '../../../errors/frame-label.ts';
import { numberUpTo } from '../../../stage/arguments.ts';
import { mapResults } from '../../map-results.ts';
import { perSource } from '../../../frames/per-source.ts';
import type { Keypoints } from '../pose.ts';
import { checkedPoses } from './check-poses.ts';
import { SmoothedPoses } from './smoothed-poses.ts';

/** Options of {@link smoothKeypoints}. A speed of 1 is the height of the source picture in a second. */
export interface SmoothKeypointsOptions {
  /** The cutoff frequency of a point that stands still, in Hz, over 0. Lower: less jitter, more lag. Default 1. */
  readonly minCutoff?: number;
  /** How much the cutoff frequency rises with the speed, in Hz for a speed of 1. Higher: less lag of fast points. Default 10. */
  readonly beta?: number;
  /** The cutoff frequency of the speed, in Hz, over 0. Default 1. */
  readonly dCutoff?: number;
  /** A point or a pose that was not seen for longer begins anew. In milliseconds of the source's time, over 0. Default 500. */
  readonly maxGap?: number;
}

const NAMES: OptionNames<SmoothKeypointsOptions> = { minCutoff: true, beta: true, dCutoff: true, maxGap: true };

/**
 * Steadies the points of poses over time: the One Euro filter of each coordinate (Casiez, Roussel and Vogel 2012, "1€ filter: A simple
 * speed-based low-pass filter for noisy input in interactive systems"). Results of {@link keypoints} → the same results with other `x` and `y`
 * of points; scores and boxes stay.
 *
 * A point that stands still loses its jitter; one that moves lags behind by at most 1 / (2π · beta) of the picture's height at a steady
 * speed, which is 1.6 % by default. Time is that of `timestamp`, so dropped frames have no influence. Speeds are relative to the height
 * of the picture, so the options are the same for every size.
 *
 * A pose goes on with the one of the frame before that has its `trackId`. Without a `trackId`, poses are matched by the distances of
 * their points; the pose of a model that gives only one is always the same. Each source has poses of its own. They begin anew when its
 * time goes back.
 *
 * Throws `OptionError`. A result without poses, and a point that is not at a place, are a `StageError` with the frame.
 *
 * @see {@link keypoints}, {@link smooth}
 *
 * @example
 * const at = (seq: number, x: number) => ({
 *   ...{ source: 'clip.mp4', seq, timestamp: seq * 40_000, timings: [], latencyMs: 0, picture: { width: 640, height: 360 } },
 *   poses: [{ score: 0.9, points: [{ name: 'nose', x, y: 100, score: 0.9 }] }],
 * });
 * const results = of(at(0, 200), at(1, 204), at(2, 200));
 * results.pipe(smoothKeypoints()).subscribe(({ poses }) => console.log(poses[0]?.points[0]?.x.toFixed(1)));
 * // 200.0
 * // 201.1
 * // 200.9
 */
export function smoothKeypoints<R extends FrameLabel & Keypoints>(
  options: SmoothKeypointsOptions = {},
): MonoTypeOperatorFunction<R> {
  const who = 'smoothKeypoints';
  checkOptions(who, options, NAMES);
  const { minCutoff = 1, beta = 10, dCutoff = 1, maxGap = 500 } = options;
  numberUpTo(who, 'beta', beta, Infinity);
  for (const [name, value] of Object.entries({ minCutoff, dCutoff, maxGap })) {
    if (typeof value === 'number' && value > 0 && value < Infinity) continue;
    throw new OptionError(`${who}: ${name} must be a number over 0, not ${describeValue(value)}`, { stage: who });
  }
  const settings = { minCutoff, beta, dCutoff, maxGap: maxGap * 1000 };
  return mapResults(who, () => {
    const sources = perSource(() => new SmoothedPoses(settings));
    return (result: R) => ({ ...result, poses: sources.of(result).next(checkedPoses(result), result.timestamp) });
  });
}
