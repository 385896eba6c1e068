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
  /** What it is called in errors. Default `inOrder`. */
  readonly name?: string;
  /** Throws, at once, for a frame that `work` need not even begin with. */
  readonly check?: ((frame: Frame<T>) => void) | undefined;
}

const NAMES: OptionNames<InOrderOptions<unknown>> = { name: true, check: true };

/**
 * Does something asynchronous with every frame, several at once, and gives the results in the frames' order.
 *
 * A frame is kept, with its lease, until its result is out, and counts as delivered then. Where `work` throws or rejects,
 * its frame fails (`name` is the stage that is named); what was before it still comes out first. At most `concurrency`
 * frames are worked on; how many wait is up to the gate. `work` does not release its frame: it is not its to release.
 * A frame whose tensor is on a GPU that is lost meanwhile fails (`EngineError`, code `context-lost`), whatever `work` read
 * of it, and the stream goes on. Throws `OptionError`.
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
