import { BarProgress } from './bar-progress.ts';
import { print } from '../output.ts';
import { LineProgress } from './line-progress.ts';
import type { Progress } from './progress.ts';

/** Makes the progress of a run: a bar on a terminal, else text lines. When quiet, it shows only messages. */
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
    print(this.#stream, `${line}\n`);
  }
}
