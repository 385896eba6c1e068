/** Shows the progress of the current file, and messages. */
export interface Progress {
  /** Starts a file. `total` is its estimated number of frames. */
  start(file: string, total: number | undefined): void;
  /** Sets the number of frames that are decoded so far. */
  update(frames: number): void;
  /** Ends the file. */
  done(): void;
  /** Stops showing the file, because it failed or the run ends. */
  stop(): void;
  /** Writes a line. */
  say(line: string): void;
}
