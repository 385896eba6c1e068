import type { JobEvent } from '../batch/job-event.ts';
import type { LabelJob } from '../batch/label-job.ts';
import { printable } from './printable.ts';

/** Says what goes on in a job. */
export interface BatchProgress {
  readonly doneFiles: number;
  readonly failedFiles: number;
  readonly failedFrames: number;
  begin(job: LabelJob): void;
  on(event: JobEvent): void;
  say(line: string): void;
  end(): void;
  stop(): void;
}

export function createBatchProgress(stream: NodeJS.WriteStream, how: 'auto' | 'json' | 'none'): BatchProgress {
  return new Plain(stream, how);
}

class Plain implements BatchProgress {
  doneFiles = 0;
  failedFiles = 0;
  failedFrames = 0;
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream, _how: string) {
    this.#stream = stream;
  }

  begin(): void {}
  on(event: JobEvent): void {
    if (event.type === 'part') this.failedFrames += event.account.failedFrames;
    if (event.type === 'file') this.doneFiles++;
    if (event.type === 'failed') {
      this.failedFiles++;
      this.say(`error: ${event.message}`);
    }
  }
  say(line: string): void {
    this.#stream.write(`sluice: ${printable(line)}\n`);
  }
  end(): void {}
  stop(): void {}
}
