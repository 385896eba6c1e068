import { defer, map, type MonoTypeOperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameResult } from '../frame-result.ts';
import type { Classification } from './class-scores.ts';
import type { ClassScore } from './top-classes.ts';

/** Options of {@link smooth}. */
export interface SmoothOptions {
  /** Milliseconds of the source's time after which a past score counts half. */
  readonly halfLife: number;
  /** How much higher another class's smoothed score must be to take the first place. Default 0.05. */
  readonly margin?: number;
}

/** A class whose smoothed score has sunk below this is forgotten. */
const FORGOTTEN = 1e-4;

/**
 * Calms labels down: each class's score becomes an exponential moving average over the frames' own time (not their
 * number, so that dropped frames change nothing), and the first class stays first until another is clearly ahead.
 *
 * s ← s + (x − s) · (1 − 2^(−Δt / halfLife)); a class that a result does not list counts as 0 there, so let `classify`
 * list enough (`top`). The first frame, and one after the clock went back or the source changed, starts anew.
 * Throws `OptionError`.
 *
 * @see {@link classify}, {@link segments}, {@link aggregate}
 *
 * @example
 * source.pipe(net, classify({ labels }), smooth({ halfLife: 300 })).subscribe(({ classes }) => draw(classes[0]));
 */
export function smooth(options: SmoothOptions): MonoTypeOperatorFunction<FrameResult<Classification>> {
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

/** One stream's memory. */
class MovingAverage {
  readonly #halfLife: number;
  readonly #margin: number;
  readonly #scores = new Map<number, { label: string; score: number }>();
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
    if (!follows) this.#forget();
    const fresh = follows ? 1 - 2 ** ((last.timestamp - result.timestamp) / this.#halfLife) : 1;
    for (const [index, entry] of this.#scores) {
      entry.score *= 1 - fresh;
      if (entry.score < FORGOTTEN) this.#scores.delete(index);
    }
    for (const { index, label, score } of result.classes) {
      const entry = this.#scores.get(index);
      if (entry) entry.score += score * fresh;
      else this.#scores.set(index, { label, score: score * fresh });
    }
    const ranked = [...this.#scores]
      .map(([index, { label, score }]) => ({ index, label, score }))
      .toSorted((a, b) => b.score - a.score || a.index - b.index);
    return this.#keepLeader(ranked).slice(0, Math.max(1, result.classes.length));
  }

  #forget(): void {
    this.#scores.clear();
    this.#leader = undefined;
  }

  /** Hysteresis: who leads goes on leading until another is ahead by the margin. */
  #keepLeader(ranked: ClassScore[]): ClassScore[] {
    const leader = ranked.find(({ index }) => index === this.#leader);
    const best = ranked[0];
    const stays = leader !== undefined && best !== undefined && best.score - leader.score <= this.#margin;
    this.#leader = stays ? leader.index : best?.index;
    return stays ? [leader, ...ranked.filter((entry) => entry !== leader)] : ranked;
  }
}
