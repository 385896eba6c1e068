import type { JobEvent } from '../../batch/job-event.ts';
import type { FileTally, JobTally } from '../../batch/job-tally.ts';
import type { LabelJob } from '../../batch/label-job.ts';
import { visibleJson } from '../../sinks/formats/invisible.ts';
import type { MessageKind } from '../messages.ts';
import { print } from '../output.ts';
import type { BatchProgress } from './batch-progress.ts';

const EVERY_MS = 500;

/** Progress for programs: one JSON object per line. Its `type` says which kind it is. */
export class BatchJson implements BatchProgress {
  readonly tellsOfFailures = true;
  readonly #stream: NodeJS.WriteStream;
  #tally: JobTally | undefined;
  #lastAt = -Infinity;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  begin({ ready, workers, workersReason, folder, inputs }: LabelJob, tally: JobTally): void {
    this.#tally = tally;
    const { engine, batch } = ready;
    const start = { files: inputs.length, engine: engine.name, workers, workersReason, batch, job: folder };
    this.#write({ type: 'start', ...start });
  }

  on(event: JobEvent): void {
    const tally = this.#tally;
    const file = tally?.files[event.file];
    if (!tally || !file) return;
    if (event.type === 'file') this.#write({ type: 'file', file: file.name, frames: file.frames });
    if (event.type === 'failed') this.#write({ type: 'failed', file: file.name, message: event.message });
    const now = performance.now();
    if (now - this.#lastAt < EVERY_MS) return;
    this.#lastAt = now;
    this.#write({ type: 'progress', ...numbersOf(tally), running: tally.files.filter(isRunning).map(runningFile) });
  }

  stop(): void {
    const tally = this.#tally;
    this.#tally = undefined;
    if (tally)
      this.#write({ type: 'end', ...numbersOf(tally), milliseconds: timesOf(tally), profiled: tally.profiled });
  }

  say(kind: MessageKind, message: string): void {
    this.#write({ type: kind, message });
  }

  #write(value: object): void {
    print(this.#stream, `${visibleJson(JSON.stringify(value))}\n`);
  }
}

function numbersOf(tally: JobTally): object {
  const { files, doneFiles, failedFiles, part, own, rate, realTime, etaSeconds, elapsedSeconds, failedFrames } = tally;
  return {
    files: files.length,
    done: doneFiles,
    failed: failedFiles,
    part: rounded(part, 4),
    frames: own.frames,
    labelled: own.labelled,
    failedFrames,
    seconds: rounded(elapsedSeconds, 3),
    framesPerSecond: rounded(rate, 1),
    timesRealTime: rounded(realTime, 2),
    etaSeconds: etaSeconds === undefined ? null : Math.ceil(etaSeconds),
  };
}

function timesOf({ wallMs, writeMs, stages }: JobTally): object {
  return Object.fromEntries(
    [['work', wallMs] as const, ['write', writeMs] as const, ...stages].map(([name, ms]) => [name, rounded(ms, 1)]),
  );
}

function isRunning({ state, frames }: FileTally): boolean {
  return state === 'running' && frames > 0;
}

function runningFile({ name, frames, total }: FileTally): object {
  return { file: name, frames, total: total ?? null };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
