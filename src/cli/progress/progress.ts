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
