import type { Observable } from 'rxjs';
import { defaultIfEmpty, lastValueFrom, take, takeUntil } from 'rxjs';
import { OptionError, SourceError } from '../errors/errors.ts';
import { describeValue } from '../errors/describe-value.ts';
import { frameSource } from '../flow/gate/frame-source.ts';
import { aborted } from '../frames/aborted.ts';
import type { Frame } from '../frames/frame.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { checkModel, infer } from './infer.ts';
import type { Model } from './model.ts';

/** Options of `inferOne` and `classifyOne`: those of the model's task (for classification `top` and `minScore`), and `signal`. */
export type InferOneOptions<O extends object = ClassificationOptions> = O & {
  /** Stops the work when it is aborted. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/** Runs the model on the first picture of a source. `name` is the picture's name in the error if there is none. */
export type RunOn<T extends object> = (pictures: Observable<Frame<Pixels>>, name: string) => Promise<FrameResult<T>>;

/**
 * Runs a model on one picture. Pixels are taken as they are; any other picture is given to `open`, which makes a source of it
 * and calls `run`.
 */
export async function runOnOne<T extends object, O extends object, P>(
  model: Model<T, O>,
  picture: P | Pixels,
  options: InferOneOptions<O>,
  open: (picture: P, run: RunOn<T>) => Promise<FrameResult<T>>,
): Promise<FrameResult<T>> {
  checkModel('inferOne', model);
  const { signal, forTask } = splitOptions<O>(options);
  signal?.throwIfAborted();
  const run: RunOn<T> = async (pictures, name) => {
    const results = pictures.pipe(infer(model, forTask as unknown as O), take(1), takeUntil(aborted(signal)));
    const result = await lastValueFrom(results.pipe(defaultIfEmpty(undefined)));
    signal?.throwIfAborted();
    if (result) return result;
    throw new SourceError('no-frames', `${name} has no picture that can be read`);
  };
  return isPixels(picture) ? run(onePicture(picture), 'the picture') : open(picture, run);
}

/** Pixels as a source of one frame. */
export function onePicture(pixels: Pixels): Observable<Frame<Pixels>> {
  return frameSource([{ data: pixels, timestamp: 0 }], { source: 'picture' });
}

/** Whether a value has a picture's size and bytes. */
function isPixels(value: unknown): value is Pixels {
  return typeof value === 'object' && value !== null && 'data' in value && 'width' in value && 'height' in value;
}

/** Separates the options of the task from those of `inferOne`. */
function splitOptions<O extends object>(
  options: InferOneOptions<O>,
): {
  readonly signal: AbortSignal | undefined;
  readonly forTask: Omit<InferOneOptions<O>, 'signal'>;
} {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionError(`inferOne: its options must be an object, not ${describeValue(options)}`);
  }
  const { signal, ...forTask } = options;
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw new OptionError(`inferOne: signal must be an AbortSignal, not ${describeValue(signal)}`);
  }
  return { signal, forTask };
}
