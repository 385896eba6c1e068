import { build } from 'hdr-histogram-js';
import type { StageTiming } from './passport.ts';

/** What a duration was for most frames, and at worst; milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** A stage's times over many frames. */
export interface StageTimes extends Percentiles {
  readonly stage: string;
  readonly frames: number;
  /** Of the time of all stages together, 0–1. */
  readonly share: number;
}

const PER_MS = 1e6;
const TEN_MINUTES = 6e11;

/**
 * @internal Durations in nanoseconds, in an HDR histogram of three significant digits; grows only as far as it is used. What
 * is not a number is left out.
 */
export class Histogram {
  readonly #histogram = build({ autoResize: true, numberOfSignificantValueDigits: 3 });

  get count(): number {
    return this.#histogram.totalCount;
  }

  add(ms: number): void {
    if (Number.isNaN(ms)) return;
    this.#histogram.recordValue(Math.min(TEN_MINUTES, Math.max(1, Math.round(ms * PER_MS))));
  }

  percentiles(): Percentiles {
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile) / PER_MS;
    return { p50: at(50), p95: at(95), p99: at(99), max: this.#histogram.maxValue / PER_MS };
  }
}

/** Collects passports into one histogram per stage; a batch's time counts in equal parts for its frames. */
export class StageHistograms {
  readonly #byStage = new Map<string, { histogram: Histogram; totalMs: number }>();

  add(timings: readonly StageTiming[]): void {
    for (const { stage, deviceMs, submitMs, batch = 1 } of timings) {
      let entry = this.#byStage.get(stage);
      if (!entry) this.#byStage.set(stage, (entry = { histogram: new Histogram(), totalMs: 0 }));
      const ms = (deviceMs ?? submitMs) / batch;
      entry.histogram.add(ms);
      entry.totalMs += ms;
    }
  }

  /** In the order the stages first came. */
  times(): StageTimes[] {
    const all = [...this.#byStage.values()].reduce((sum, { totalMs }) => sum + totalMs, 0);
    return [...this.#byStage].map(([stage, { histogram, totalMs }]) => ({
      stage,
      frames: histogram.count,
      ...histogram.percentiles(),
      share: all > 0 ? totalMs / all : 0,
    }));
  }
}
