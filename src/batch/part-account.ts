import { FrameDigester, type FrameDigest } from './frame-digest.ts';

/** What was counted while a part of a file was labelled. Its results are stored apart from it. */
export interface PartAccount {
  /** All frames that were decoded. */
  readonly seen: FrameDigest;
  /** How many frames were labelled. */
  readonly labelled: number;
  /** How many frames failed. */
  readonly failedFrames: number;
  /** The error messages of the first failed frames, at most 5. */
  readonly failures: readonly string[];
  /** The damage of the file that the decoder reported. */
  readonly warnings: readonly string[];
  /** The duration of the part, in seconds of video. */
  readonly seconds: number;
}

const MOST_FAILURES = 5;

/** Counts what happens while a part is labelled, and gives a {@link PartAccount} at the end. */
export class PartCounter {
  readonly #digester = new FrameDigester();
  readonly #failures: string[] = [];
  readonly #warnings: string[] = [];
  #labelled = 0;
  #failedFrames = 0;
  #first: number | undefined;
  #last = 0;

  /** Counts a decoded frame by its timestamp, µs. */
  decoded(timestamp: number): void {
    this.#digester.add(timestamp);
    this.#first ??= timestamp;
    this.#last = timestamp;
  }

  labelled(): void {
    this.#labelled++;
  }

  failed(message: string): void {
    this.#failedFrames++;
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(message);
  }

  damaged(message: string): void {
    this.#warnings.push(message);
  }

  /** Returns the account. Call it once, at the end. */
  finish(): PartAccount {
    const seen = this.#digester.finish();
    const span = (this.#last - (this.#first ?? this.#last)) / 1e6;
    return {
      seen,
      labelled: this.#labelled,
      failedFrames: this.#failedFrames,
      failures: this.#failures,
      warnings: this.#warnings,
      // The last frame counts with the average duration of the others.
      seconds: seen.frames > 1 ? (span * seen.frames) / (seen.frames - 1) : 0,
    };
  }
}
