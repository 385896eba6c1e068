import { Observable, type OperatorFunction } from 'rxjs';
import { count } from '../../stage/arguments.ts';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { unlessLost } from '../../engines/gpu.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';

/** Options of {@link inOrder}. */
export interface InOrderOptions<T> {
  /** The name of this step in errors and stalls. Default `inOrder`. */
  readonly name?: string;
  /** Throws for a frame that `work` cannot take; called when the frame arrives. */
  readonly check?: ((frame: Frame<T>) => void) | undefined;
}

const NAMES: OptionNames<InOrderOptions<unknown>> = { name: true, check: true };

/**
 * Does asynchronous work on every frame, on several at once, and gives the results in the order of the frames.
 *
 * A frame is kept, with its lease, until its result has been emitted; then it counts as delivered. At most `concurrency`
 * frames are worked on at once. `work` must not release its frame.
 *
 * If `work` throws or rejects, its frame fails with a `StageError` that names `name`, after the results before it. If the GPU
 * is lost that holds the frame's tensor, the frame fails with an `EngineError` (code `context-lost`) and the stream goes on.
 * Throws `OptionError` for an impossible `concurrency` or option.
 *
 * @see {@link branch}, {@link classify}
 *
 * @example
 * source.pipe(inOrder(2, async ({ data }) => (await data.data())[0])).subscribe((value) => draw(value));
 */
export function inOrder<T, R>(
  concurrency: number,
  work: (frame: Frame<T>) => Promise<R>,
  options: InOrderOptions<T> = {},
): OperatorFunction<Frame<T>, R> {
  checkOptions('inOrder', options, NAMES);
  const { name = 'inOrder', check } = options;
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
