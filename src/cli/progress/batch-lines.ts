import type { JobEvent } from '../../batch/job-event.ts';
import type { JobTally } from '../../batch/job-tally.ts';
import type { LabelJob } from '../../batch/label-job.ts';
import type { BatchProgress } from './batch-progress.ts';
import { duration } from './pace.ts';
import { messageLine, type MessageKind } from '../messages.ts';
import { print } from '../output.ts';

const EVERY_MS = 10_000;

/** Progress for logs: a line every ten seconds, or no lines when quiet. */
export class BatchLines implements BatchProgress {
  readonly tellsOfFailures = false;
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  #tally: JobTally | undefined;
  #lastAt = performance.now();

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#quiet = quiet;
  }

  begin(_job: LabelJob, tally: JobTally): void {
    this.#tally = tally;
  }

  on(_event: JobEvent): void {
    const now = performance.now();
    if (this.#quiet || !this.#tally || now - this.#lastAt < EVERY_MS) return;
    this.#lastAt = now;
    print(this.#stream, `${overallLine(this.#tally)}\n`);
  }

  stop(): void {
    this.#tally = undefined;
  }

  say(kind: MessageKind, message: string): void {
    print(this.#stream, messageLine(kind, message));
  }
}

/** `3/200 files  42 %  12345 frames  410.2 frames/s  16.4 × real time  ETA 3 min 20 s` */
export function overallLine(tally: JobTally): string {
  const { files, doneFiles, failedFiles, part, own, rate, realTime, etaSeconds } = tally;
  return [
    `${doneFiles + failedFiles}/${files.length} files`,
    `${String(Math.floor(100 * part)).padStart(3)} %`,
    `${own.labelled} frames`,
    `${rate.toFixed(1)} frames/s`,
    `${realTime.toFixed(1)} × real time`,
    `ETA ${etaSeconds === undefined ? '–' : duration(etaSeconds)}`,
  ].join('  ');
}
