import { BarProgress } from './bar-progress.ts';
import { LineProgress } from './line-progress.ts';

/** Says what goes on: how far a file is, and whatever else there is to be said meanwhile. */
export interface Progress {
  /** A file's frames are about to come. */
  start(file: string, total: number | undefined): void;
  /** So many of them have come. */
  update(frames: number): void;
  /** The file is through. */
  done(): void;
  /** Nothing more is shown of this file: it failed, or the run ends. */
  stop(): void;
  /** Writes a line of its own. */
  say(line: string): void;
}

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
