import { Histogram, type PackedHistogram, type Percentiles } from './histogram.ts';
import type { StageTiming, TimingMethod } from '../frames/trace.ts';

/** The times of a stage over many frames, all obtained by one method. */
export interface StageTimes extends Percentiles {
  readonly stage: string;
  /** How the times were obtained. If the device measured some frames, only those count. */
  readonly method: TimingMethod;
  readonly frames: number;
  /** The share of this stage in the time of all stages, 0–1. */
  readonly share: number;
  /**
   * The name of the merged stages that this one is part of; their times come before. This stage was timed by itself on some
   * frames only, and its share is its part in the share of the merged stages.
   */
  readonly run?: string;
}

interface Entry {
  readonly stage: string;
  readonly run: string | undefined;
  readonly method: TimingMethod;
  readonly histogram: Histogram;
  totalMs: number;
  /** All frames that passed the stage, however they were timed. */
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

/** The methods that give the time of the work itself. */
const TRUE_TIMES: readonly TimingMethod[] = ['device-query', 'synced-wall'];

/** The time of all frames, extrapolated from those that were timed. */
function extrapolated({ totalMs, histogram, frames }: Entry): number {
  return (totalMs * frames) / Math.max(1, histogram.count);
}

/** Collects timings in one histogram per stage; the time of a batch is divided by its number of frames. */
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

  /** All times as plain JSON, to be merged elsewhere. */
  pack(): PackedTimes[] {
    return [...this.#byStage.values()].map(({ run, histogram, ...entry }) => ({
      ...entry,
      ...(run === undefined ? {} : { run }),
      histogram: histogram.pack(),
    }));
  }

  /** Adds times that were collected elsewhere. */
  merge(packed: readonly PackedTimes[]): void {
    for (const { stage, run, method, histogram, totalMs, frames } of packed) {
      const entry = this.#entry(stage, run, method);
      entry.frames += frames;
      if (entry.method !== method) continue;
      entry.histogram.merge(histogram);
      entry.totalMs += totalMs;
    }
  }

  /** Times of different methods are not mixed: those of the work itself replace those of enqueueing. */
  #entry(stage: string, run: string | undefined, method: TimingMethod): Entry {
    const key = run === undefined ? stage : `${run}/${stage}`;
    const entry = this.#byStage.get(key);
    if (entry && (entry.method === method || !TRUE_TIMES.includes(method))) return entry;
    const begun = { stage, run, method, histogram: new Histogram(), totalMs: 0, frames: entry?.frames ?? 0 };
    this.#byStage.set(key, begun);
    return begun;
  }

  /** Milliseconds of all frames in all stages; merged stages count once. */
  get totalMs(): number {
    return this.#heads().reduce((sum, entry) => sum + extrapolated(entry), 0);
  }

  #heads(): Entry[] {
    return [...this.#byStage.values()].filter(({ run }) => run === undefined);
  }

  /** The times in the order in which the stages first ran; merged stages come first, then their parts. */
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
      const share = extrapolated(head) / all;
      return [timesOf(head, share), ...inside.map((entry) => timesOf(entry, (share * entry.totalMs) / together))];
    });
  }
}
