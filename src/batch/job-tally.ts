import type { JobEvent } from './job-event.ts';
import { StageHistograms, type StageTimes } from '../timing/stage-times.ts';
import type { Input } from './inputs.ts';

/** How far one file is. */
export interface FileTally {
  readonly name: string;
  readonly bytes: number;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** How many frames it has, or probably has; undefined where nothing is known of it. */
  total?: number | undefined;
  /** How many of them came so far. */
  frames: number;
}

/** What a job has done, added up from its events. */
export class JobTally {
  readonly files: readonly FileTally[];
  doneFiles = 0;
  failedFiles = 0;
  /** Decoded, also in earlier runs. */
  frames = 0;
  labelled = 0;
  failedFrames = 0;
  /** Of video. */
  seconds = 0;
  /** Parts that an earlier run had done. */
  keptParts = 0;
  /** Of this run alone: frames, labelled frames, seconds of video. */
  readonly own = { frames: 0, labelled: 0, seconds: 0 };
  /** Of all workers together, ms: at work, and of that writing and in each stage. */
  wallMs = 0;
  writeMs = 0;
  readonly #histograms = new StageHistograms();
  readonly #startedAt = performance.now();
  /** Frames of parts that are not done yet, by file and part. */
  readonly #live = new Map<string, number>();
  #keptShare = 0;

  constructor(inputs: readonly Input[]) {
    // What has no size counts like a small file.
    this.files = inputs.map(({ name, bytes }) => ({
      name,
      bytes: Math.max(1, bytes ?? 0),
      state: 'waiting',
      frames: 0,
    }));
  }

  add(event: JobEvent): void {
    const file = this.files[event.file];
    if (!file) return;
    switch (event.type) {
      case 'planned':
        file.state = 'running';
        file.total = event.frames;
        break;
      case 'progress':
        this.#goneOn(file, event);
        break;
      case 'part':
        this.#partDone(file, event);
        break;
      case 'again':
        file.frames = 0;
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

  /** Of this run. */
  get elapsedSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Of the work, 0 to 1, reckoned in bytes of the files: they are known from the start. */
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

  /** Undefined as long as there is nothing to judge by. */
  get etaSeconds(): number | undefined {
    const { part } = this;
    const own = part - this.#keptShare;
    return own > 0.001 ? ((1 - part) / own) * this.elapsedSeconds : undefined;
  }

  /**
   * What each stage took of all workers' time, ms. Of stages that run as one the whole is measured, and is shared out among
   * them as the engine's profile of some of the frames has it.
   */
  get stages(): (readonly [stage: string, ms: number])[] {
    const { totalMs } = this.#histograms;
    const profiled = this.profiled;
    return this.#histograms
      .times()
      .filter(({ stage, run }) => run !== undefined || !profiled.includes(stage))
      .map(({ stage, share }) => [stage, share * totalMs] as const);
  }

  /** What a frame takes in each stage of this run; stages that run as one as one. */
  get stageTimes(): StageTimes[] {
    return this.#histograms.times().filter(({ run }) => run === undefined);
  }

  /** Which of them share out what they took as one. */
  get profiled(): string[] {
    return [...new Set(this.#histograms.times().flatMap(({ run }) => run ?? []))];
  }

  #goneOn(file: FileTally, { file: i, part, frames, labelled }: Extract<JobEvent, { type: 'progress' }>): void {
    const key = `${i} ${part}`;
    this.#live.set(key, (this.#live.get(key) ?? 0) + frames);
    file.frames += frames;
    this.own.frames += frames;
    this.own.labelled += labelled;
  }

  #partDone(file: FileTally, event: Extract<JobEvent, { type: 'part' }>): void {
    const { account, kept, part, rest, wallMs, writeMs } = event;
    const key = `${event.file} ${part}`;
    file.frames += account.seen.frames - (this.#live.get(key) ?? 0);
    this.#live.delete(key);
    this.frames += account.seen.frames;
    this.labelled += account.labelled;
    this.failedFrames += account.failedFrames;
    this.seconds += account.seconds;
    this.wallMs += wallMs;
    this.writeMs += writeMs;
    if (kept) {
      this.keptParts++;
      this.#keptShare = this.part;
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
