import { catchError, EMPTY, filter, take, tap, type Observable } from 'rxjs';
import type { SluiceError } from '../errors/errors.ts';
import { Source } from '../flow/gate/frame-source.ts';
import type { Frame } from '../frames/frame.ts';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';
import { decodeMedia } from '../sources/ffmpeg/decode.ts';
import type { Media } from '../sources/ffmpeg/media.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { samplerFor, TimesDigest, type Expected, type FilePart } from './file-part.ts';
import type { LabelOptions } from './label-options.ts';

/** What is known of a part that was labelled, besides its results. */
export interface PartAccount {
  /** All frames that were decoded, by their number and times. */
  readonly seen: Expected;
  readonly labelled: number;
  readonly failedFrames: number;
  /** Why the first few of the failed frames failed. */
  readonly failures: readonly string[];
  /** Damage of the file that the decoder reported. */
  readonly warnings: readonly string[];
  /** Seconds of video. */
  readonly seconds: number;
}

/** Gets what a part gives while it is labelled. */
export interface PartListener {
  /** A frame was decoded. */
  onFrame(): void;
  /** A frame was labelled; in the frames' order. */
  onResult(result: FrameResult<object>): void;
}

const KEPT_FAILURES = 5;
/** Decoder and model take turns on a busy core, each while its caches are warm. Longer turns would cost memory for little. */
const READ_AHEAD = 64;

/** The labelling of one part of a file: its frames go out, its results come back. */
export class PartLabelling {
  /** Called once: when all frames are labelled, or with the error that ended the part. */
  ended: (end: { error?: unknown }) => void = () => undefined;
  readonly #filePart: FilePart;
  readonly #listener: PartListener;
  readonly #source: Source<Pixels>;
  readonly #wanted: (time: number) => boolean;
  readonly #digest = new TimesDigest();
  readonly #failures: string[] = [];
  readonly #warnings: string[] = [];
  #isRefused = false;
  #labelled = 0;
  #failed = 0;
  #first: number | undefined;
  #last = 0;

  constructor(
    filePart: FilePart,
    media: Media,
    options: LabelOptions,
    resize: PreprocessOptions,
    batchSize: number,
    listener: PartListener,
  ) {
    this.#filePart = filePart;
    this.#listener = listener;
    this.#wanted = samplerFor(filePart, options);
    const start = filePart.start === undefined ? options.start : filePart.start / 1e6;
    const end = filePart.end === undefined ? options.end : filePart.end / 1e6;
    const pictures = decodeMedia(filePart.source, media, {
      resize,
      threads: 1,
      readAhead: READ_AHEAD,
      onWarning: ({ code, message }) => void (code === 'damaged' && this.#warnings.push(message)),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    });
    this.#source = new Source(pictures, {
      source: filePart.source,
      onError: 'skip',
      stallTimeout: Infinity,
      // The engine's own profile gives the times of merged stages: a graph for each would take seconds and memory.
      profile: { every: 1, deviceEvery: Infinity },
      maxInFlight: 2 * batchSize,
    });
  }

  /** The frames to be labelled; an error of theirs ends this part alone. */
  frames(): Observable<Frame<Pixels>> {
    this.#source.failures.subscribe(({ error }) => this.#frameFailed(error));
    return this.#source.pipe(
      tap(({ label: { timestamp } }) => {
        this.#digest.add(timestamp);
        this.#first ??= timestamp;
        this.#last = timestamp;
        this.#listener.onFrame();
      }),
      filter(({ label }) => this.#wanted(label.timestamp)),
      tap({ complete: () => this.#endWhenEmpty({}) }),
      catchError((error: unknown) => {
        this.#endWhenEmpty({ error });
        return EMPTY;
      }),
    );
  }

  /** The last frames are still in flight when the source has ended. */
  #endWhenEmpty(end: { error?: unknown }): void {
    this.#source.ledger
      .pipe(
        filter(({ inFlight }) => inFlight === 0),
        take(1),
      )
      .subscribe(() => this.ended(end));
  }

  result(result: FrameResult<object>): void {
    if (this.#isRefused) return;
    this.#labelled++;
    try {
      this.#listener.onResult({ ...result, seq: result.seq + this.#filePart.firstSeq });
    } catch (error) {
      // Thrown on, it would end the process.
      this.#isRefused = true;
      this.ended({ error });
    }
  }

  account(): PartAccount {
    const seen = this.#digest.done();
    const span = (this.#last - (this.#first ?? this.#last)) / 1e6;
    return {
      seen,
      labelled: this.#labelled,
      failedFrames: this.#failed,
      failures: this.#failures,
      warnings: this.#warnings,
      // The last frame is shown for as long as the others are, on average.
      seconds: seen.frames > 1 ? (span * seen.frames) / (seen.frames - 1) : 0,
    };
  }

  #frameFailed({ message }: SluiceError): void {
    this.#failed++;
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push(message);
  }
}
