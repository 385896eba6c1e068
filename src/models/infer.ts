import type { OperatorFunction } from 'rxjs';
import { checkKnown } from '../errors/known-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { tensorForm } from '../preprocess/to-tensor.ts';
import { count } from '../stage/arguments.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { outputShapesThrough } from '../stage/shapes-through.ts';
import { checkShapes, readOutputs } from '../tasks/read-outputs.ts';
import type { OutputReader } from '../tasks/task.ts';
import type { Model } from './model.ts';

/** Options of {@link infer}: those of the model's task (for classification `top` and `minScore`), and `inFlight`. */
export type InferOptions<O extends object = ClassificationOptions> = O & {
  /** How many frames' outputs are read back from the device at the same time. Default 2. */
  readonly inFlight?: number;
};

/**
 * Runs a model on pictures: `preprocess`, the pipeline and the task's reader in one operator. Pixels `[1, h, w, 3 | 4]` →
 * a {@link FrameResult} with the task's fields, in the frames' order. `inWorker` does the same in a worker thread.
 *
 * Throws `OptionError` for a wrong option and `ShapeError` for a pipeline whose output the task can't read. A frame fails with
 * the error of its stage.
 *
 * @see {@link classify}, {@link preprocess}, {@link "sluice/browser".inWorker | inWorker (browser)}, {@link importModel}
 *
 * @example
 * const model = await mobilenetV1();
 * const video = videoFile('clip.mp4', { resize: model.preprocess });
 * video.pipe(infer(model, { top: 1 })).subscribe(({ seq, classes }) => console.log(seq, classes[0]?.label));
 */
export function infer<T extends object, O extends object>(
  model: Model<T, O>,
  options?: InferOptions<NoInfer<O>>,
): OperatorFunction<Frame<Pixels>, FrameResult<T>> {
  checkModel('infer', model);
  const { reader, inFlight } = readerOf('infer', model, options);
  const prepared = preprocess(model.preprocess);
  return (frames) => frames.pipe(prepared, model.pipeline, readOutputs(reader, inFlight));
}

/**
 * Checks the options to run a model with and the shape of its output, and makes the reader of its outputs. Error messages begin with `who`. `more` names options
 * that are allowed and checked elsewhere.
 */
export function readerOf<T extends object, O extends object>(
  who: string,
  model: Model<T, O>,
  options: InferOptions<O> = {} as InferOptions<O>,
  more: readonly string[] = [],
): { readonly reader: OutputReader<T>; readonly inFlight: number } {
  const { name, task, pipeline, labels } = model;
  checkKnown(who, options, [...task.optionNames, 'inFlight', ...more]);
  const { inFlight = 2 } = options;
  count(who, 'inFlight', inFlight);
  const own = Object.entries(options).filter(([option]) => task.optionNames.includes(option));
  const reader = task.reader(labels, Object.fromEntries(own) as O);
  const { width, height } = model.preprocess;
  try {
    const input = tensorForm(who, model.preprocess).shape(height, width);
    checkShapes(reader, outputShapesThrough(pipeline.parts, input), pipeline.outputShape(input));
  } catch (error) {
    throw error instanceof ShapeError && error.stage === undefined
      ? new ShapeError(`${task.kind} ${error.message} from ${name}`, { cause: error })
      : error;
  }
  return { reader, inFlight };
}

/** Throws `OptionError` for what is not a model. */
export function checkModel(who: string, model: unknown): void {
  const given = (typeof model === 'object' && model !== null ? model : {}) as Partial<Record<string, unknown>>;
  const missing = ['preprocess', 'pipeline', 'task'].filter((part) => given[part] === undefined);
  if (missing.length === 0) return;
  const what = missing.length === 3 ? describeValue(model) : `one without ${missing.join(' and ')}`;
  throw new OptionError(`${who} needs a model, { name, preprocess, pipeline, task, labels }, but got ${what}`);
}
