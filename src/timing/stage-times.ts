import { Histogram, type PackedHistogram, type Percentiles } from './histogram.ts';
import type { StageTiming, TimingMethod } from '../frames/trace.ts';

/** A stage's times over many frames, all measured by the same method. */
export interface StageTimes extends Percentiles {
  readonly stage: string;
  /** How they were measured. If the device's timer was asked on some frames, the figures are of those frames alone. */
  readonly method: TimingMethod;
  readonly frames: number;
  /** The share of the time of all stages together, from 0 to 1. */
  readonly share: number;
  /**
   * The name of the merged run that this stage belongs to; the run's own times come before. The stage was timed by itself on
   * some frames only, and its share is its part of the run's.
   */
  readonly run?: string;
}

interface Entry {
  readonly stage: string;
  readonly run: string | undefined;
  readonly method: TimingMethod;
  readonly histogram: Histogram;
  totalMs: number;
  /** Frames that went through it, however they were timed. */
  frames: number;
}

/** The times of one stage as plain JSON. */
export interface PackedTimes {
  readonly stage: string;
  readonly run?: string;
  readonly method: TimingMethod;
  readonly histogram: PackedHistogram;
  readonly totalMs: number;
  readonly frames: number;
}

/** The methods that tell what the device worked. */
const TRUE_TIMES: readonly TimingMethod[] = ['device-query', 'synced-wall'];

/** What was timed on some frames stands for all of them. */
function whole({ totalMs, histogram, frames }: Entry): number {
  return (totalMs * frames) / Math.max(1, histogram.count);
}

/** Collects traces into one histogram per stage; a batch's time counts in equal parts for its frames. */
export class StageHistograms {
  readonly #byStage = new Map<string, Entry>();

  add(timings: readonly StageTiming[]): void {
    for (const { stage, deviceMs, submitMs, method, batch = 1, run } of timings) {
      const entry = this.#entry(stage, run, method);
      entry.frames++;
      if (entry.method !== method) continue;
      const ms = (deviceMs ?? submitMs) / batch;
      entry.histogram.add(ms);
      entry.totalMs += ms;
    }
  }

  /** All of it, to be put together with others elsewhere. */
  pack(): PackedTimes[] {
    return [...this.#byStage.values()].map(({ run, histogram, ...entry }) => ({
      ...entry,
      ...(run === undefined ? {} : { run }),
      histogram: histogram.pack(),
    }));
  }

  /** Adds what was collected elsewhere. */
  merge(packed: readonly PackedTimes[]): void {
    for (const { stage, run, method, histogram, totalMs, frames } of packed) {
      const entry = this.#entry(stage, run, method);
      entry.frames += frames;
      if (entry.method !== method) continue;
      entry.histogram.merge(histogram);
      entry.totalMs += totalMs;
    }
  }

  /** Times of different methods can't be put together: one that says what the device worked replaces one that can't. */
  #entry(stage: string, run: string | undefined, method: TimingMethod): Entry {
    const key = run === undefined ? stage : `${run}/${stage}`;
    const entry = this.#byStage.get(key);
    if (entry && (entry.method === method || !TRUE_TIMES.includes(method))) return entry;
    const begun = { stage, run, method, histogram: new Histogram(), totalMs: 0, frames: entry?.frames ?? 0 };
    this.#byStage.set(key, begun);
    return begun;
  }

  /** Milliseconds of all frames in all stages; stages that run as one counted once. */
  get totalMs(): number {
    return this.#heads().reduce((sum, entry) => sum + whole(entry), 0);
  }

  #heads(): Entry[] {
    return [...this.#byStage.values()].filter(({ run }) => run === undefined);
  }

  /** In the order the stages first came; those of a merged run after it. */
  times(): StageTimes[] {
    const entries = [...this.#byStage.values()];
    const heads = this.#heads();
    const members = ({ stage }: Entry) => entries.filter(({ run }) => run === stage);
    const sum = (of: readonly Entry[], cost: (entry: Entry) => number) =>
      of.reduce((all, entry) => all + cost(entry), 0);
    const all = this.totalMs || 1;
    const timesOf = (entry: Entry, share: number): StageTimes => ({
      stage: entry.stage,
      method: entry.method,
      frames: entry.histogram.count,
      ...entry.histogram.percentiles(),
      share,
      ...(entry.run === undefined ? {} : { run: entry.run }),
    });
    return heads.flatMap((head) => {
      const inside = members(head);
      const together = sum(inside, ({ totalMs }) => totalMs) || 1;
      const share = whole(head) / all;
      return [timesOf(head, share), ...inside.map((entry) => timesOf(entry, (share * entry.totalMs) / together))];
    });
  }
}
