import { isObservable } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { FrameQueue } from '../../flow/operators/frame-queue.ts';
import { Frame } from '../../frames/frame.ts';
import type { Model } from '../../models/model.ts';
import type { Examples, ExampleStream, LabelledExample } from './example.ts';

/** The number of examples of an epoch, where that is known beforehand. */
export function knownLength(examples: Examples<never, never>): number | undefined {
  return Array.isArray(examples) ? examples.length : undefined;
}

/**
 * The examples of an epoch, one after the other, until the signal. A frame of an Observable is held until the next example is asked for.
 * A function gets the number of the epoch and the model as it is. Throws `OptionError` for what is no stream.
 */
export async function* examplesIn<T extends object, O extends object>(
  called: string,
  examples: Examples<T, O>,
  { epoch, model }: { readonly epoch: number; readonly model: Model<T, O> },
  signal: AbortSignal,
): AsyncGenerator<LabelledExample, void> {
  const iterator = iteratorOf(called, typeof examples === 'function' ? examples(epoch, model) : examples);
  let stop = () => {};
  const stopped = () => {
    stop();
    // One that waits for its next value can't be waited for.
    iterator.return?.()?.catch(() => undefined);
  };
  signal.addEventListener('abort', stopped, { once: true });
  try {
    while (!signal.aborted) {
      const { done, value } = await new Promise<IteratorResult<LabelledExample, unknown>>((resolve, reject) => {
        // A queue answers what waits when it is stopped, so no frame is lost on the way.
        if (!(iterator instanceof FrameQueue)) stop = () => resolve({ done: true, value: undefined });
        iterator.next().then(resolve, reject);
      });
      if (done) return;
      const example = value;
      try {
        if (!signal.aborted) yield example;
      } finally {
        if (iterator instanceof FrameQueue && example instanceof Frame) example.release();
      }
    }
  } finally {
    signal.removeEventListener('abort', stopped);
    if (!signal.aborted) await iterator.return?.();
  }
}

function iteratorOf(called: string, stream: ExampleStream): AsyncIterator<LabelledExample> {
  if (isObservable(stream)) {
    return new FrameQueue<LabelledExample, LabelledExample>(called, stream, (example) =>
      example instanceof Frame ? example.hold(called) : example,
    );
  }
  const given: unknown = stream;
  if (typeof given === 'object' && given !== null) {
    if (Symbol.asyncIterator in given) return (given as AsyncIterable<LabelledExample>)[Symbol.asyncIterator]();
    if (Symbol.iterator in given) return awaited((given as Iterable<LabelledExample>)[Symbol.iterator]());
  }
  throw new OptionError(
    `${called}: examples must be an Observable or an iterable of labelled frames or of { data, target }, or a function that gives one, not ` +
      describeValue(given),
  );
}

/** A synchronous iterator as one that answers later. */
function awaited(iterator: Iterator<LabelledExample>): AsyncIterator<LabelledExample> {
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  };
}
