import { Observable, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { now } from '../frames/clock.ts';
import type { StageTiming } from '../frames/trace.ts';
import { Histogram, type Percentiles } from './histogram.ts';
import { StageHistograms, type StageTimes } from './stage-times.ts';

/** Latency and stage times of all frames so far, in milliseconds. */
export interface TimingReport {
  readonly frames: number;
  /** From the arrival of a frame at the gate to its result. */
  readonly latency: Percentiles;
  readonly stages: readonly StageTimes[];
}

/** The fields that a report needs: results and frames have them. */
export interface Timed {
  readonly timings: readonly StageTiming[];
  readonly latencyMs: number;
}

/** Options of {@link timingReport}. */
export interface TimingReportOptions {
  /** The least time between two reports, in milliseconds. Default 1000. */
  readonly period?: number;
}

const NAMES: OptionNames<TimingReportOptions> = { period: true };

/**
 * Live percentiles (p50, p95, p99, max) per stage and from end to end: results or frames → {@link TimingReport}s.
 *
 * It emits a report of all results so far, at most every `period` ms, and one before the stream completes or fails. Times are
 * kept in histograms: the memory is bounded, and values are at most 0.1 % off. Throws `OptionError`.
 *
 * @see {@link toChromeTrace}, {@link userTiming}
 *
 * @example
 * const results = source.pipe(net, classify({ labels }));
 * results.pipe(timingReport({ period: 500 })).subscribe(({ latency }) => draw(latency.p95));
 */
export function timingReport(options: TimingReportOptions = {}): OperatorFunction<Timed, TimingReport> {
  checkOptions('timingReport', options, NAMES);
  const { period = 1000 } = options;
  if (typeof period !== 'number' || !(period >= 0)) {
    throw new OptionError(`timingReport: period must be a number of ms, not ${describeValue(period)}`);
  }
  return (results) =>
    new Observable((subscriber) => {
      const stages = new StageHistograms();
      const latency = new Histogram();
      let frames = 0;
      let reported = 0;
      let reportedAt = now();
      const report = () => {
        reported = frames;
        reportedAt = now();
        subscriber.next({ frames, latency: latency.percentiles(), stages: stages.times() });
      };
      const last = () => {
        if (frames > reported) report();
      };
      subscribeWithin(results, subscriber, {
        next(result) {
          stages.add(result.timings);
          latency.add(result.latencyMs);
          frames++;
          if (now() - reportedAt >= period) report();
        },
        error(error: unknown) {
          last();
          subscriber.error(error);
        },
        complete() {
          last();
          subscriber.complete();
        },
      });
    });
}
