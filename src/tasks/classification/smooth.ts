import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { defer, map, type MonoTypeOperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameResult } from '../frame-result.ts';
import type { Classification } from './class-scores.ts';
import type { ClassScore } from './top-classes.ts';
import { unlistedScore } from './unlisted-score.ts';

/** Options of {@link smooth}. */
export interface SmoothOptions {
  /** The time after which the weight of a past score is half, in milliseconds of the source's time. */
  readonly halfLife: number;
  /** How much higher another class's smoothed score must be to take the first place. Default 0.05. */
  readonly margin?: number;
}

/** Classes with a lower smoothed score are removed. */
const NEGLIGIBLE = 1e-4;

const NAMES: OptionNames<SmoothOptions> = { halfLife: true, margin: true };

/**
 * Smooths scores over time, so that labels change less often. Each class's score becomes an exponential moving average. The
 * first class stays first until the score of another class exceeds its score by `margin`.
 *
 * The average is s ← s + (x − s) · (1 − 2^(−Δt / halfLife)). Δt is the time between two frames, so dropped frames have no
 * influence. A class that a result does not list counts as score 0, or as the lowest listed score if that is negative, so let
 * `classify` list enough classes (`top`). The average restarts when the timestamp decreases or the source changes. Throws `OptionError`.
 *
 * @see {@link classify}, {@link segments}, {@link aggregate}
 *
 * @example
 * source.pipe(net, classify({ labels }), smooth({ halfLife: 300 })).subscribe(({ classes }) => draw(classes[0]));
 */
export function smooth(options: SmoothOptions): MonoTypeOperatorFunction<FrameResult<Classification>> {
  checkOptions('smooth', options, NAMES);
  const { halfLife, margin = 0.05 } = options;
  if (typeof halfLife !== 'number' || !(halfLife > 0 && halfLife < Infinity)) {
    throw new OptionError(`smooth: halfLife must be a number of ms over 0, not ${describeValue(halfLife)}`);
  }
  if (typeof margin !== 'number' || !(margin >= 0 && margin < 1)) {
    throw new OptionError(`smooth: margin must be a number from 0 to under 1, not ${describeValue(margin)}`);
  }
  return (results) =>
    defer(() => {
      const average = new MovingAverage(halfLife * 1000, margin);
      return results.pipe(map((result) => ({ ...result, classes: average.next(result) })));
    });
}

/** The averages of one stream. */
class MovingAverage {
  readonly #halfLife: number;
  readonly #margin: number;
  /** Of each class how much its average is above that of unlisted classes. */
  readonly #scores = new Map<number, { label: string; score: number }>();
  /** The average of unlisted classes. */
  #unlisted = 0;
  #last: FrameResult<Classification> | undefined;
  #leader: number | undefined;

  constructor(halfLife: number, margin: number) {
    this.#halfLife = halfLife;
    this.#margin = margin;
  }

  next(result: FrameResult<Classification>): ClassScore[] {
    const last = this.#last;
    this.#last = result;
    const follows = last?.source === result.source && result.timestamp >= last.timestamp;
    if (!follows) this.#reset();
    const fresh = follows ? 1 - 2 ** ((last.timestamp - result.timestamp) / this.#halfLife) : 1;
    const unlisted = unlistedScore(result.classes);
    this.#unlisted += (unlisted - this.#unlisted) * fresh;
    for (const [index, entry] of this.#scores) {
      entry.score *= 1 - fresh;
      if (entry.score < NEGLIGIBLE) this.#scores.delete(index);
    }
    for (const { index, label, score } of result.classes) {
      const entry = this.#scores.get(index);
      if (entry) entry.score += (score - unlisted) * fresh;
      else this.#scores.set(index, { label, score: (score - unlisted) * fresh });
    }
    const ranked = [...this.#scores]
      .map(([index, { label, score }]) => ({ index, label, score: score + this.#unlisted }))
      .toSorted((a, b) => b.score - a.score || a.index - b.index);
    return this.#keepLeader(ranked).slice(0, Math.max(1, result.classes.length));
  }

  #reset(): void {
    this.#scores.clear();
    this.#unlisted = 0;
    this.#leader = undefined;
  }

  /** Hysteresis: keeps the leader first until the score of another class exceeds its score by the margin. */
  #keepLeader(ranked: ClassScore[]): ClassScore[] {
    const leader = ranked.find(({ index }) => index === this.#leader);
    const best = ranked[0];
    const stays = leader !== undefined && best !== undefined && best.score - leader.score <= this.#margin;
    this.#leader = stays ? leader.index : best?.index;
    return stays ? [leader, ...ranked.filter((entry) => entry !== leader)] : ranked;
  }
}
