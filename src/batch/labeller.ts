import { catchError, concatMap, EMPTY, filter, ReplaySubject, take, tap, type Observable } from 'rxjs';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { FrameResult } from '../tasks/frame-result.ts';
import { readOutputs } from '../tasks/read-outputs.ts';
import { infer } from '../models/infer.ts';
import type { SluiceError } from '../errors/errors.ts';
import { batch, unbatch } from '../flow/operators/batch.ts';
import type { Frame } from '../frames/frame.ts';
import type { Model } from '../models/model.ts';
import type { Pixels } from '../stage/pixels.ts';
import { preprocess, type PreprocessOptions } from '../preprocess/preprocess.ts';
import { decodeMedia } from '../sources/ffmpeg/decode.ts';
import { Media, type OpenMedia } from '../sources/ffmpeg/media.ts';
import { Source } from '../flow/gate/frame-source.ts';
import type { LabelOptions } from './label-options.ts';
import { samplerFor, TimesDigest, type Expected, type Segment } from './segment.ts';

/** What came out of a part beside its results. */
export interface Labelled {
  /** All frames that were decoded, and when they were. */
  readonly seen: Expected;
  readonly labelled: number;
  readonly failedFrames: number;
  /** What the first few of those failed of. */
  readonly failures: readonly string[];
  /** What was said of the file: damage. */
  readonly warnings: readonly string[];
  /** Seconds of video. */
  readonly seconds: number;
}

/** Who hears of a part on the way. */
export interface PartListener {
  /** A frame came. */
  onFrame(): void;
  /** In order. */
  onResult(result: FrameResult<object>): void;
}

const KEPT_FAILURES = 5;
/** Every core is busy: decoder and network take turns, each while its caches are warm. Longer turns cost memory for little. */
const READ_AHEAD = 64;

/** Labels one part after the other with one model, built once: its weights stay where they are. */
export class Labeller {
  readonly #options: LabelOptions;
  readonly #model: Model<object, object>;
  readonly #batch: number;
  /** Some engines begin to listen only when they are warm: until then the part waits. */
  #parts = new ReplaySubject<Part>(1);
  #isOpen = false;

  constructor(model: Model<object, object>, options: LabelOptions, batchSize: number) {
    this.#options = options;
    this.#batch = batchSize;
    this.#model = options.fit ? { ...model, preprocess: { ...model.preprocess, fit: options.fit } } : model;
  }

  /** Fails with what made the file unreadable. One call at a time. */
  async label(segment: Segment, media: OpenMedia | undefined, listener: PartListener): Promise<Labelled> {
    const known = new Media(segment.source, this.#options.ffmpeg, media);
    const part = new Part(segment, known, this.#options, this.#model.preprocess, this.#batch, listener);
    this.open();
    const { error } = await new Promise<{ error?: unknown }>((resolve) => {
      part.ended = resolve;
      this.#parts.next(part);
    });
    if (error !== undefined) throw error;
    return part.account();
  }

  /** Gets warm before the first part comes. One stream over all parts: kernels live as long as a subscription does. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const size = this.#batch;
    let current: Part | undefined;
    const { pipeline, preprocess: prepare, task, labels } = this.#model;
    const { taskOptions } = this.#options;
    let results: Observable<FrameResult<object>>;
    if (size === 1) {
      const frames = concatMap((part: Part) => {
        current = part;
        return part.frames();
      });
      results = this.#parts.pipe(frames, infer(this.#model, taskOptions));
    } else {
      const prepared = preprocess(prepare);
      // A batch ends with its part, so that its content does not depend on what was labelled before.
      const batches = concatMap((part: Part) => {
        current = part;
        return part.frames().pipe(prepared, batch<Tensor4D>({ size }));
      });
      results = this.#parts.pipe(batches, pipeline, unbatch(), readOutputs(task.reader(labels, taskOptions)));
    }
    results.subscribe({
      next: (result) => current?.result(result),
      error: (error: unknown) => {
        // The next part begins anew.
        this.#parts = new ReplaySubject(1);
        this.#isOpen = false;
        current?.ended({ error });
      },
    });
  }
}

/** One part on its way. */
class Part {
  ended: (end: { error?: unknown }) => void = () => undefined;
  readonly #segment: Segment;
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
    segment: Segment,
    media: Media,
    options: LabelOptions,
    resize: PreprocessOptions,
    batchSize: number,
    listener: PartListener,
  ) {
    this.#segment = segment;
    this.#listener = listener;
    this.#wanted = samplerFor(segment, options);
    const start = segment.start === undefined ? options.start : segment.start / 1e6;
    const end = segment.end === undefined ? options.end : segment.end / 1e6;
    const pictures = decodeMedia(segment.source, media, {
      resize,
      threads: 1,
      readAhead: READ_AHEAD,
      onWarning: ({ code, message }) => void (code === 'damaged' && this.#warnings.push(message)),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    });
    this.#source = new Source(pictures, {
      source: segment.source,
      onError: 'skip',
      stallTimeout: Infinity,
      // What stages that run as one take is told by the engine's profile: to make graphs of each takes seconds and memory.
      profile: { every: 1, deviceEvery: Infinity },
      maxInFlight: 2 * batchSize,
    });
  }

  /** The frames to be labelled; whatever ends them ends this part alone. */
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

  /** The last frames are still being labelled when the source has ended. */
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
      this.#listener.onResult({ ...result, seq: result.seq + this.#segment.firstSeq });
    } catch (error) {
      // Thrown on, it would end the process.
      this.#isRefused = true;
      this.ended({ error });
    }
  }

  account(): Labelled {
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
