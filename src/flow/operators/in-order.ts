import { Observable, type OperatorFunction } from 'rxjs';
import { count } from '../../stage/arguments.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { unlessLost } from '../../engines/gpu.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';

/** Options of {@link inOrder}. */
export interface InOrderOptions<T> {
  /** The name of this step in errors. Default: `inOrder`. */
  readonly name?: string;
  /** Called when a frame arrives. What it throws fails the frame before `work` begins. */
  readonly check?: ((frame: Frame<T>) => void) | undefined;
}

/**
 * Does asynchronous work on every frame, on several frames at once, and emits the results in the order of the frames.
 *
 * A frame is retained, with its lease, until its result is there, and then counts as delivered. If `work` throws or
 * rejects, its frame fails, and `name` is the stage in the error; the results before it come first. At most
 * `concurrency` frames are worked on; the gate decides how many wait. `work` must not release its frame. A frame whose
 * tensor is on a GPU that is lost meanwhile fails (`EngineError`, code `context-lost`), and the stream continues. Throws
 * `OptionError`.
 *
 * @see {@link branch}, {@link classify}
 *
 * @example
 * source.pipe(inOrder(2, async ({ data }) => (await data.data())[0])).subscribe((value) => draw(value));
 */
export function inOrder<T, R>(
  concurrency: number,
  work: (frame: Frame<T>) => Promise<R>,
  { name = 'inOrder', check }: InOrderOptions<T> = {},
): OperatorFunction<Frame<T>, R> {
  count(name, 'concurrency', concurrency);
  if (typeof work !== 'function') throw new OptionError(`${name}: work must be a function, not ${describeValue(work)}`);
  return (frames) =>
    new Observable((subscriber) => {
      const give = ({ lease }: Frame<T>, result: R) => {
        lease.markDelivered();
        subscriber.next(result);
      };
      const watched = (frame: Frame<T>) => unlessLost(frame.data, frame.label, () => work(frame));
      const queue = new OrderedWork({ concurrency, work: watched, name, check, give }, subscriber);
      subscriber.add(() => queue.stop());
      queue.start(frames);
    });
}
