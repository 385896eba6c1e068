import { build } from 'hdr-histogram-js';
import type { StageTiming, TimingMethod } from './passport.ts';

/** What a duration was for most frames, and at worst; milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** A stage's times over many frames, all obtained in the same way. */
export interface StageTimes extends Percentiles {
  readonly stage: string;
  /** How they were obtained: where the device told its own time on some frames, on those alone. */
  readonly method: TimingMethod;
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

interface Entry {
  readonly method: TimingMethod;
  readonly histogram: Histogram;
  totalMs: number;
  /** Frames that went through it, however they were timed. */
  frames: number;
}

/** The methods that tell what the device worked. */
const TRUE_TIMES: readonly TimingMethod[] = ['device-query', 'synced-wall'];

/** Collects passports into one histogram per stage; a batch's time counts in equal parts for its frames. */
export class StageHistograms {
  readonly #byStage = new Map<string, Entry>();

  add(timings: readonly StageTiming[]): void {
    for (const { stage, deviceMs, submitMs, method, batch = 1 } of timings) {
      const entry = this.#entry(stage, method);
      entry.frames++;
      if (entry.method !== method) continue;
      const ms = (deviceMs ?? submitMs) / batch;
      entry.histogram.add(ms);
      entry.totalMs += ms;
    }
  }

  /** Times of different methods can't be put together: one that says what the device worked replaces one that can't. */
  #entry(stage: string, method: TimingMethod): Entry {
    const entry = this.#byStage.get(stage);
    if (entry && (entry.method === method || !TRUE_TIMES.includes(method))) return entry;
    const begun = { method, histogram: new Histogram(), totalMs: 0, frames: entry?.frames ?? 0 };
    this.#byStage.set(stage, begun);
    return begun;
  }

  /** In the order the stages first came. */
  times(): StageTimes[] {
    // What was timed on some frames stands for all of them.
    const whole = ({ totalMs, histogram, frames }: Entry) => (totalMs * frames) / Math.max(1, histogram.count);
    const all = [...this.#byStage.values()].reduce((sum, entry) => sum + whole(entry), 0);
    return [...this.#byStage].map(([stage, entry]) => ({
      stage,
      method: entry.method,
      frames: entry.histogram.count,
      ...entry.histogram.percentiles(),
      share: all > 0 ? whole(entry) / all : 0,
    }));
  }
}
