import { print } from '../output.ts';
import { Pace } from './pace.ts';
import type { Progress } from './progress.ts';

const EVERY_MS = 5000;

/** Progress for logs: a line every five seconds, and a line at the end of each video. */
export class LineProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #pace: Pace | undefined;
  #lastAt = performance.now();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(file: string, total: number | undefined): void {
    this.#pace = new Pace(file, total);
  }

  update(frames: number): void {
    const pace = this.#pace;
    if (!pace) return;
    pace.update(frames);
    const now = performance.now();
    if (now - this.#lastAt < EVERY_MS) return;
    this.#lastAt = now;
    const percent = pace.part === undefined ? '' : ` (${Math.floor(100 * pace.part)} %)`;
    this.say(`${pace.file}: ${frames} frames${percent}, ${pace.rate.toFixed(1)} frames/s, ETA ${pace.eta}`);
  }

  done(): void {
    const pace = this.#pace;
    this.#pace = undefined;
    // A picture has one frame. A line for each picture would be as many lines as the results.
    if (pace && pace.frames > 1) this.say(`${pace.file}: ${pace.frames} frames, ${pace.rate.toFixed(1)} frames/s`);
  }

  stop(): void {
    this.#pace = undefined;
  }

  say(line: string): void {
    print(this.#stream, `${line}\n`);
  }
}
