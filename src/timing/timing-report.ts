import { Observable, type OperatorFunction } from 'rxjs';
import type { Classification } from '../classify/classify.ts';
import { OptionError } from '../errors.ts';
import { now } from './clock.ts';
import { Histogram, StageHistograms, type Percentiles, type StageTimes } from './stage-times.ts';

/** How long things took so far, in milliseconds. */
export interface TimingReport {
  readonly frames: number;
  /** From a frame's arrival at the gate to its result. */
  readonly latency: Percentiles;
  readonly stages: readonly StageTimes[];
}

/**
 * Live percentiles (p50, p95, p99, max) per stage and end to end: a {@link TimingReport} over all frames so far, at
 * most one every `period` ms (default 1000), and one at the end.
 *
 * HDR histograms: bounded memory however long it runs, an error of at most 0.1 %. Throws `OptionError`.
 *
 * @example
 * const results = source.pipe(net, classify({ labels }));
 * results.pipe(timingReport({ period: 500 })).subscribe(({ latency }) => draw(latency.p95));
 */
export function timingReport({ period = 1000 }: { period?: number } = {}): OperatorFunction<
  Classification,
  TimingReport
> {
  if (!(period >= 0)) throw new OptionError(`timingReport: period must be a number of ms, not ${String(period)}`);
  return (results) =>
    new Observable((subscriber) => {
      const stages = new StageHistograms();
      const latency = new Histogram();
      let reportedAt = now();
      let pending = false;
      const report = () => {
        pending = false;
        reportedAt = now();
        subscriber.next({ frames: latency.count, latency: latency.percentiles(), stages: stages.times() });
      };
      return results.subscribe({
        next(result) {
          stages.add(result.stages);
          latency.add(result.latencyMs);
          pending = true;
          if (now() - reportedAt >= period) report();
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          if (pending) report();
          subscriber.complete();
        },
      });
    });
}
