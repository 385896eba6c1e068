import { FrameDigester, isDigest, type FrameDigest } from './frame-digest.ts';
import { hasFields, isCount, isListOf, isMaybe, isNumber, isText } from './read-back.ts';

/** What was counted while a part of a file was labelled. Its results are stored apart from it. */
export interface PartAccount {
  /** All frames that were decoded. */
  readonly seen: FrameDigest;
  /** How many frames were labelled. */
  readonly labelled: number;
  /** How many of them got the result of another one. Absent for none. */
  readonly same?: number;
  /** How many frames failed. */
  readonly failedFrames: number;
  /** The error messages of the first failed frames, at most 5. */
  readonly failures: readonly string[];
  /** What the decoder reported of the file: damage, and a clock that does not run on. */
  readonly warnings: readonly string[];
  /** What else the user should know of the file: which of its video streams was read, or that no hardware decoded it. */
  readonly notices: readonly string[];
  /** The duration of the part, in seconds of video. */
  readonly seconds: number;
}

const MOST_FAILURES = 5;

/** Whether a value that was read back is an account. */
export function isAccount(value: unknown): value is PartAccount {
  const texts = isListOf(isText);
  return hasFields(value, {
    ...{ seen: isDigest, labelled: isCount, failedFrames: isCount, seconds: isNumber },
    ...{ same: isMaybe(isCount) },
    ...{ failures: texts, warnings: texts, notices: texts },
  });
}

/** Counts what happens while a part is labelled, and gives a {@link PartAccount} at the end. */
export class PartCounter {
  #digester = new FrameDigester();
  readonly #failures: string[] = [];
  readonly #warnings: string[] = [];
  readonly #notices: string[] = [];
  #labelled = 0;
  #same = 0;
  #failedFrames = 0;
  #first: number | undefined;
  #last = 0;

  /** Forgets the decoded frames: they come again. */
  restart(): void {
    this.#digester = new FrameDigester();
    this.#first = undefined;
  }

  /** Counts a decoded frame by its timestamp, µs. */
  decoded(timestamp: number): void {
    this.#digester.add(timestamp);
    this.#first ??= timestamp;
    this.#last = timestamp;
  }

  /** Counts a result; `isSame`: that of another frame. */
  labelled(isSame: boolean): void {
    this.#labelled++;
    if (isSame) this.#same++;
  }

  failed(message: string): void {
    this.#failedFrames++;
    if (this.#failures.length < MOST_FAILURES) this.#failures.push(message);
  }

  warned(message: string): void {
    this.#warnings.push(message);
  }

  noticed(message: string): void {
    this.#notices.push(message);
  }

  /** Returns the account. Call it once, at the end. */
  finish(): PartAccount {
    const seen = this.#digester.finish();
    const span = (this.#last - (this.#first ?? this.#last)) / 1e6;
    return {
      seen,
      labelled: this.#labelled,
      ...(this.#same > 0 ? { same: this.#same } : {}),
      failedFrames: this.#failedFrames,
      failures: this.#failures,
      warnings: this.#warnings,
      notices: this.#notices,
      // The last frame counts with the average duration of the others.
      seconds: seen.frames > 1 ? (span * seen.frames) / (seen.frames - 1) : 0,
    };
  }
}
