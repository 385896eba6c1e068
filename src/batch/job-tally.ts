import type { JobEvent } from './job-event.ts';
import { StageHistograms, type StageTimes } from '../timing/stage-times.ts';
import type { Input } from './inputs.ts';

/** The progress of one file. */
export interface FileTally {
  readonly name: string;
  readonly bytes: number;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** The number of frames, or an estimate of it. Undefined if it is not known. */
  total?: number | undefined;
  /** How many frames are decoded. */
  frames: number;
}

/** The progress of a job, added up from its events. */
export class JobTally {
  readonly files: readonly FileTally[];
  doneFiles = 0;
  failedFiles = 0;
  /** Frames decoded, with those of earlier runs. */
  frames = 0;
  labelled = 0;
  /** How many of them got the result of another frame. */
  same = 0;
  failedFrames = 0;
  /** Seconds of video, with those of earlier runs. */
  seconds = 0;
  /** How many parts an earlier run labelled. */
  reusedParts = 0;
  /** What this run did: frames decoded, frames labelled, seconds of video. */
  readonly own = { frames: 0, labelled: 0, seconds: 0 };
  /** The time that all workers together spent on parts, ms. */
  wallMs = 0;
  /** How much of `wallMs` they spent on writing results. */
  writeMs = 0;
  readonly #histograms = new StageHistograms();
  readonly #startedAt = performance.now();
  /** Frames of parts that are not complete, by file and part. */
  readonly #incomplete = new Map<string, number>();
  /** How much of the job earlier runs did, from 0 to 1. */
  #reusedShare = 0;

  constructor(inputs: readonly Input[]) {
    // A file without a known size counts as a small one.
    this.files = inputs.map(({ name, bytes }) => ({
      name,
      bytes: Math.max(1, bytes ?? 0),
      state: 'waiting',
      frames: 0,
    }));
  }

  /** Counts an event. */
  add(event: JobEvent): void {
    const file = this.files[event.file];
    if (!file) return;
    switch (event.type) {
      case 'planned':
        file.state = 'running';
        file.total = event.frames;
        break;
      case 'progress':
        this.#progressed(file, event);
        break;
      case 'part':
        this.#partCompleted(file, event);
        break;
      case 'again':
        file.frames = 0;
        break;
      case 'damaged':
        break;
      case 'file':
        file.state = 'done';
        this.doneFiles++;
        break;
      case 'failed':
        file.state = 'failed';
        this.failedFiles++;
    }
  }

  /** How long this run has taken. */
  get elapsedSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** How much of the job is done, from 0 to 1. Files count by their size, which is known from the start. */
  get part(): number {
    const total = this.files.reduce((sum, { bytes }) => sum + bytes, 0);
    return this.files.reduce((sum, file) => sum + file.bytes * partOf(file), 0) / total;
  }

  /** Labelled frames per second of this run. */
  get rate(): number {
    return this.own.labelled / this.elapsedSeconds;
  }

  /** Seconds of video per second of this run. */
  get realTime(): number {
    return this.own.seconds / this.elapsedSeconds;
  }

  /** How long the rest of the job will take. Undefined while this run has done too little for an estimate. */
  get etaSeconds(): number | undefined {
    const { part } = this;
    const own = part - this.#reusedShare;
    return own > 0.001 ? ((1 - part) / own) * this.elapsedSeconds : undefined;
  }

  /**
   * The time that all workers together spent in each stage, ms. If several stages run as one, their time is divided in
   * proportion to the engine's profile of a few frames.
   */
  get stages(): (readonly [stage: string, ms: number])[] {
    const { totalMs } = this.#histograms;
    const profiled = this.profiled;
    return this.#histograms
      .times()
      .filter(({ stage, run }) => run !== undefined || !profiled.includes(stage))
      .map(({ stage, share }) => [stage, share * totalMs] as const);
  }

  /** The time of a frame in each stage of this run. Stages that run as one are one entry. */
  get stageTimes(): StageTimes[] {
    return this.#histograms.times().filter(({ run }) => run === undefined);
  }

  /** The names of the entries whose time `stages` divides. */
  get profiled(): string[] {
    return [...new Set(this.#histograms.times().flatMap(({ run }) => run ?? []))];
  }

  #progressed(file: FileTally, { file: i, part, frames, labelled }: Extract<JobEvent, { type: 'progress' }>): void {
    const key = `${i} ${part}`;
    this.#incomplete.set(key, (this.#incomplete.get(key) ?? 0) + frames);
    file.frames += frames;
    this.own.frames += frames;
    this.own.labelled += labelled;
  }

  #partCompleted(file: FileTally, event: Extract<JobEvent, { type: 'part' }>): void {
    const { account, reused, part, rest, wallMs, writeMs } = event;
    const key = `${event.file} ${part}`;
    file.frames += account.seen.frames - (this.#incomplete.get(key) ?? 0);
    this.#incomplete.delete(key);
    this.frames += account.seen.frames;
    this.labelled += account.labelled;
    this.same += account.same ?? 0;
    this.failedFrames += account.failedFrames;
    this.seconds += account.seconds;
    this.wallMs += wallMs;
    this.writeMs += writeMs;
    if (reused) {
      this.reusedParts++;
      this.#reusedShare = this.part;
      return;
    }
    this.own.frames += rest.frames;
    this.own.labelled += rest.labelled;
    this.own.seconds += account.seconds;
    this.#histograms.merge(event.times);
  }
}

function partOf({ state, total, frames }: FileTally): number {
  if (state === 'done' || state === 'failed') return 1;
  return total === undefined ? 0 : Math.min(1, frames / total);
}
