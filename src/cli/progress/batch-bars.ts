import { MultiBar, type SingleBar } from 'cli-progress';
import type { JobEvent } from '../../batch/job-event.ts';
import type { JobTally } from '../../batch/job-tally.ts';
import type { LabelJob } from '../../batch/label-job.ts';
import { shorten } from './bar-progress.ts';
import { overallLine } from './batch-lines.ts';
import type { BatchProgress } from './batch-progress.ts';
import { messageLine, type MessageKind } from '../messages.ts';
import { print } from '../output.ts';
import { printable } from '../../sinks/formats/invisible.ts';

const BAR = 16;
const DEFAULT_COLUMNS = 80;
const MAX_FILES = 4;
const EVERY_MS = 100;

/** Progress for terminals: a line for the whole job and a line for each file in progress. They are removed at the end. */
export class BatchBars implements BatchProgress {
  readonly tellsOfFailures = false;
  readonly #stream: NodeJS.WriteStream;
  readonly #bars: MultiBar;
  readonly #lines: SingleBar[] = [];
  #tally: JobTally | undefined;
  #lastAt = -Infinity;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#bars = new MultiBar({
      format: (_options, _params, { line = '' }: { line?: string }) => printable(line),
      stream,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: true,
      gracefulExit: false,
    });
  }

  begin({ workers }: LabelJob, tally: JobTally): void {
    this.#tally = tally;
    for (let i = 0; i <= Math.min(MAX_FILES, workers, tally.files.length); i++)
      this.#lines.push(this.#bars.create(1, 0));
  }

  on(_event: JobEvent): void {
    const tally = this.#tally;
    const now = performance.now();
    if (!tally || now - this.#lastAt < EVERY_MS) return;
    this.#lastAt = now;
    const columns = (this.#stream.columns || DEFAULT_COLUMNS) - 1;
    const running = tally.files.filter(({ state, frames }) => state === 'running' && frames > 0);
    const files = running.map(({ name, frames, total }) => fileLine(name, frames, total, columns));
    const all = [`${bar(tally.part)} ${overallLine(tally)}`.slice(0, columns), ...files];
    this.#lines.forEach((line, i) => line.update(0, { line: all[i] ?? '' }));
  }

  stop(): void {
    this.#tally = undefined;
    this.#bars.stop();
  }

  say(kind: MessageKind, message: string): void {
    // The message appears above the bars while they are shown.
    if (this.#tally) this.#bars.log(messageLine(kind, message));
    else print(this.#stream, messageLine(kind, message));
  }
}

function fileLine(name: string, frames: number, total: number | undefined, columns: number): string {
  const counted = `${frames}${total === undefined ? '' : `/${total}`} frames`;
  const drawn = total === undefined ? ' '.repeat(BAR) : bar(Math.min(1, frames / total));
  return `${drawn} ${counted}  ${shorten(printable(name), Math.max(8, columns - BAR - counted.length - 3))}`.slice(
    0,
    columns,
  );
}

function bar(part: number): string {
  return '█'.repeat(Math.round(BAR * part)).padEnd(BAR, '░');
}
