import { concatMap, ReplaySubject, type Observable } from 'rxjs';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { batch, unbatch } from '../flow/operators/batch.ts';
import { graphsIn } from '../models/graph/graph-origin.ts';
import { infer } from '../models/infer.ts';
import type { Model } from '../models/model.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { Media, type OpenMedia } from '../sources/ffmpeg/media.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
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
  /** Keeps the first part until the stream takes it: some engines subscribe to it only after their warm-up. */
  #parts = new ReplaySubject<PartLabelling>(1);
  #current: PartLabelling | undefined;
  #isOpen = false;

  constructor(model: Model<object, object>, options: LabelOptions, batchSize: number) {
    this.#options = options;
    this.#batchSize = batchSize;
    this.#model = model;
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
      return part.frames();
    };
    if (this.#batchSize === 1) return this.#parts.pipe(concatMap(frames), infer(this.#model, taskOptions));
    const prepared = preprocess(options);
    // A batch ends with its part, so that its content does not depend on the parts before.
    const batches = (part: PartLabelling) => frames(part).pipe(prepared, batch<Tensor4D>({ size: this.#batchSize }));
    const reader = task.reader(labels, taskOptions);
    return this.#parts.pipe(concatMap(batches), pipeline, unbatch(), readOutputs(reader));
  }
}

/** Whether the model takes something from one frame to the next. */
function keepsState({ pipeline }: Model<object, object>, { state }: LabelOptions): boolean {
  return state !== undefined || graphsIn(pipeline).some(({ options }) => options.state !== undefined);
}
