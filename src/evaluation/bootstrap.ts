import { mulberry32 } from '../stage/random.ts';
import type { Estimate } from './evaluation.ts';

/** How many of some frames are right. */
export interface Share {
  readonly right: number;
  readonly frames: number;
}

/** What lies outside of the interval, on each side. */
const TAIL = 0.025;

/**
 * The share of frames that are right, with its 95 % interval by the percentile bootstrap (Efron & Tibshirani 1993): groups are drawn
 * with replacement, as many as there are, `resamples` times. Frames of one group depend on each other, so they stay together.
 */
export function bootstrap(groups: readonly Share[], resamples: number, seed: number): Estimate {
  const random = mulberry32(seed);
  const shares = Float64Array.from({ length: resamples }, () => {
    let [right, frames] = [0, 0];
    for (let i = 0; i < groups.length; i++) {
      const drawn = groups[Math.floor(random() * groups.length)] as Share;
      right += drawn.right;
      frames += drawn.frames;
    }
    return right / frames;
  }).toSorted();
  const at = (share: number) => shares[Math.min(resamples - 1, Math.floor(share * resamples))] ?? NaN;
  const right = groups.reduce((sum, group) => sum + group.right, 0);
  const frames = groups.reduce((sum, group) => sum + group.frames, 0);
  return { value: right / frames, low: at(TAIL), high: at(1 - TAIL) };
}
