import { build, type Histogram } from 'hdr-histogram-js';
import type { StageTiming } from './passport.ts';

/** A stage's times over many frames, in milliseconds. */
export interface StageTimes {
  readonly stage: string;
  readonly frames: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Of the time of all stages together, 0–1. */
  readonly share: number;
}

const PER_MS = 1e6;

/** Collects passports into one histogram per stage (HDR: three significant digits, whatever the range). */
export class StageHistograms {
  readonly #byStage = new Map<string, { histogram: Histogram; totalMs: number }>();

  add(timings: readonly StageTiming[]): void {
    for (const { stage, deviceMs, submitMs } of timings) {
      let entry = this.#byStage.get(stage);
      if (!entry) this.#byStage.set(stage, (entry = { histogram: newHistogram(), totalMs: 0 }));
      const ms = deviceMs ?? submitMs;
      entry.histogram.recordValue(Math.max(1, Math.round(ms * PER_MS)));
      entry.totalMs += ms;
    }
  }

  /** In the order the stages first came. */
  times(): StageTimes[] {
    const all = [...this.#byStage.values()].reduce((sum, { totalMs }) => sum + totalMs, 0);
    return [...this.#byStage].map(([stage, { histogram, totalMs }]) => ({
      stage,
      frames: histogram.totalCount,
      p50: histogram.getValueAtPercentile(50) / PER_MS,
      p95: histogram.getValueAtPercentile(95) / PER_MS,
      p99: histogram.getValueAtPercentile(99) / PER_MS,
      max: histogram.maxValue / PER_MS,
      share: all > 0 ? totalMs / all : 0,
    }));
  }
}

/** Nanoseconds, from 1 to ten minutes; grows only as far as it is used. */
function newHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: 6e11, numberOfSignificantValueDigits: 3 });
}
