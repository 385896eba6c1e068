import { concatMap, ReplaySubject, type Observable } from 'rxjs';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../errors/errors.ts';
import { batch, unbatch } from '../flow/operators/batch.ts';
import { StillWatch } from '../flow/operators/still-watch.ts';
import { infer } from '../models/infer.ts';
import { checkSkipStill, keepsState } from '../models/keeps-state.ts';
import type { Model } from '../models/model.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { Media, type OpenMedia } from '../sources/ffmpeg/media.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { skipStill } from '../tasks/skip-still.ts';
import { readOutputs } from '../tasks/read-outputs.ts';
import type { FilePart } from './file-part.ts';
import type { LabelOptions } from './label-options.ts';
import type { PartAccount } from './part-account.ts';
import { PartLabelling, type PartListener } from './part-labelling.ts';

/** What is known about the file of a part. */
export interface PartMedia {
  /** Where it is read, if its name does not say. */
  readonly location?: string | undefined;
  readonly known?: OpenMedia | undefined;
  readonly maxPixels: number;
}

/**
 * Labels one part after the other with one model. All parts go through one subscription, because it owns the kernels; only a model that
 * keeps a state begins anew with each part, so that results do not depend on which parts this process has labelled before.
 */
export class Labeller {
  readonly #options: LabelOptions;
  readonly #model: Model<object, object>;
  readonly #batchSize: number;
  /** Undefined if every frame is computed. */
  readonly #watch: StillWatch | undefined;
  /** Keeps the first part until the stream takes it: some engines subscribe to it only after their warm-up. */
  #parts = new ReplaySubject<PartLabelling>(1);
  #current: PartLabelling | undefined;
  #isOpen = false;

  constructor(model: Model<object, object>, options: LabelOptions, batchSize: number) {
    this.#options = options;
    this.#batchSize = batchSize;
    this.#model = model;
    this.#watch = options.skipStill === undefined ? undefined : new StillWatch(options.skipStill);
    if (this.#watch) checkSkipStill(model, options);
    if (!this.#watch || batchSize === 1) return;
    // A still frame waits for the result of the frame before it, and a batch for frames that may all be still.
    throw new OptionError(
      `skipStill (--skip-still) needs batches of 1 frame, not of ${batchSize}: leave out batch (--batch)`,
    );
  }

  /** Labels a part. Rejects with the error that made the file unreadable. Only one call may run at a time. */
  async label(part: FilePart, { location, known, maxPixels }: PartMedia, listener: PartListener): Promise<PartAccount> {
    const labelling = new PartLabelling({
      part,
      media: new Media(location ?? part.source, { ...this.#options, maxPixels }, known),
      options: this.#options,
      resize: this.#model.preprocess,
      batchSize: this.#batchSize,
      listener,
    });
    this.open();
    const { error } = await new Promise<{ error?: unknown }>((resolve) => {
      labelling.ended = resolve;
      this.#parts.next(labelling);
    });
    if (keepsState(this.#model, this.#options)) this.#close();
    if (error !== undefined) throw error;
    return labelling.account();
  }

  /** Starts to warm the model up, before the first part comes. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#results().subscribe({
      next: (result) => this.#current?.result(result),
      error: (error: unknown) => {
        // The next part starts a new stream.
        this.#parts = new ReplaySubject(1);
        this.#isOpen = false;
        this.#current?.ended({ error });
      },
    });
  }

  /** Ends the stream, and with it what the model keeps. The next part starts a new one. */
  #close(): void {
    this.#parts.complete();
    this.#parts = new ReplaySubject(1);
    this.#isOpen = false;
  }

  #results(): Observable<FrameResult<object>> {
    const { pipeline, preprocess: options, task, labels } = this.#model;
    const { taskOptions: given, aggregated } = this.#options;
    const taskOptions = aggregated ? task.optionsToAggregate(given) : given;
    const frames = (part: PartLabelling) => {
      this.#current = part;
      // So that results do not depend on which parts this process has labelled before.
      this.#watch?.forget();
      return part.frames();
    };
    if (this.#batchSize === 1) {
      const inferred = infer(this.#model, taskOptions);
      return this.#parts.pipe(concatMap(frames), this.#watch ? skipStill(inferred, this.#watch) : inferred);
    }
    const prepared = preprocess(options);
    // A batch ends with its part, so that its content does not depend on the parts before.
    const batches = (part: PartLabelling) => frames(part).pipe(prepared, batch<Tensor4D>({ size: this.#batchSize }));
    const reader = task.reader(labels, taskOptions);
    return this.#parts.pipe(concatMap(batches), pipeline, unbatch(), readOutputs(reader));
  }
}
