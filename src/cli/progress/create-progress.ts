import { BarProgress } from './bar-progress.ts';
import { LineProgress } from './line-progress.ts';

import type { Progress } from './progress.ts';

/** A bar on a terminal, a plain line now and then elsewhere; when quiet, only what is said. */
export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet) return new NoProgress(stream);
  return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
}

class NoProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(): void {}
  update(): void {}
  done(): void {}
  stop(): void {}

  say(line: string): void {
    this.#stream.write(`${line}\n`);
  }
}
