import { defaultIfEmpty, lastValueFrom, take, takeUntil, Observable } from 'rxjs';
import { OptionError, SourceError } from '../errors/errors.ts';
import { describeValue } from '../errors/describe-value.ts';
import { frameSource } from '../flow/gate/frame-source.ts';
import type { Frame } from '../frames/frame.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { infer } from './infer.ts';
import type { Model } from './model.ts';

/** Options of `inferOne` and `classifyOne`: those of the model's task (for classification `top` and `minScore`), and `signal`. */
export type InferOneOptions<O extends object = ClassificationOptions> = O & {
  /** Stops the work when it is aborted. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/** Runs a model on the first of the pictures. `name` is the picture's name in the error if there is none. */
export async function oneResult<T extends object, O extends object>(
  pictures: Observable<Frame<Pixels>>,
  model: Model<T, O>,
  options: Omit<InferOneOptions<O>, 'signal'>,
  signal: AbortSignal | undefined,
  name: string,
): Promise<FrameResult<T>> {
  const results = pictures.pipe(infer(model, options as unknown as O), take(1), takeUntil(aborted(signal)));
  const result = await lastValueFrom(results.pipe(defaultIfEmpty(undefined)));
  signal?.throwIfAborted();
  if (result) return result;
  throw new SourceError('no-frames', `${name} has no picture that can be read`);
}

/** Pixels as a source of one frame. */
export function onePicture(pixels: Pixels): Observable<Frame<Pixels>> {
  return frameSource([{ data: pixels, timestamp: 0 }], { source: 'picture' });
}

/** Whether a value has a picture's size and bytes. */
export function isPixels(value: unknown): value is Pixels {
  return typeof value === 'object' && value !== null && 'data' in value && 'width' in value && 'height' in value;
}

/** Separates the options of the task from those of `inferOne`. */
export function splitOptions<O extends object>(
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

/** Emits when the signal is aborted, also if it was before. */
function aborted(signal: AbortSignal | undefined): Observable<true> {
  return new Observable((subscriber) => {
    const abort = () => subscriber.next(true);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    subscriber.add(() => signal?.removeEventListener('abort', abort));
  });
}
