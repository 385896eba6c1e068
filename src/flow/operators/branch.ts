import { EMPTY, finalize, map, merge, Observable, Subject, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { FrameReleasedError, OptionError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { Source } from '../gate/frame-source.ts';
import type { Arrival } from '../gate/arrival.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { FrameQueue } from './frame-queue.ts';
import { joined } from './join.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../gate/settings.ts';
import { isTensor } from '../../frames/is-tensor.ts';
import { shareTensor } from '../../frames/share-tensor.ts';
import { sourceOf } from './source-of.ts';

/** One branch of {@link branch}, with the options of its gate. */
export interface Branch<T, R> extends Partial<Omit<FrameSourceOptions, 'source'>> {
  /** Its name in errors. Default: `branch 1`, `branch 2`, … */
  readonly name?: string;
  /** The operator that its frames go through. */
  readonly through: OperatorFunction<Frame<T>, R>;
}

const NAMES: OptionNames<Branch<never, unknown>> = { name: true, through: true, ...SOURCE_NAMES };

/**
 * Sends every frame through several branches, each at its own rate, and merges what they give.
 *
 * Each branch has a gate with leases of its own; give it a `ledger` to read its counts. Tensors are shared, not copied. In
 * the ledger of the source a frame counts as delivered once a branch has taken it. The source decides what a branch does
 * with frames that come while it is busy:
 *
 * - Frames that come by themselves (a camera) are sampled; the default is `latest` with one frame in flight. A slow branch
 *   slows neither the others nor the source.
 * - Frames of a source that loses none (a file) wait; the default is two frames in flight. Each branch gets every frame, and
 *   the slowest branch sets the pace. A branch with the policy `latest` or `dropNewest` may lose frames instead.
 *
 * If the source cannot be found (behind a `merge`), frames count as coming by themselves, unless the policy is `wait`.
 *
 * The source is subscribed to when all branches have subscribed. An error in one branch ends all of them; with `onError:
 * 'skip'` a stage that throws loses its frame in that branch only. Throws `OptionError`, also for a mistake inside a branch:
 * each `through` is called once to try it.
 *
 * @see {@link sampleFrames}, {@link inOrder}, {@link zipLatest}
 *
 * @example
 * source.pipe(
 *   branch(
 *     { through: rxjs.pipe(net, classify({ labels })) },
 *     { through: sampleFrames({ fps: 1 }), policy: 'latest' },
 *   ),
 * );
 */
export function branch<T, R extends readonly unknown[]>(
  ...branches: { readonly [K in keyof R]: Branch<T, R[K]> }
): OperatorFunction<Frame<T>, R[number]> {
  if (branches.length === 0) throw new OptionError('branch takes at least one branch');
  for (const [i, given] of (branches as readonly unknown[]).entries()) {
    if (typeof given === 'object' && given !== null && 'through' in given && typeof given.through === 'function') {
      checkOptions<Branch<never, unknown>>(`branch ${i + 1}`, given as Branch<never, unknown>, NAMES);
      continue;
    }
    throw new OptionError(`branch ${i + 1} must be { through: an operator }, not ${describeValue(given)}`);
  }
  return (frames) => {
    const source = sourceOf(frames);
    const lanes = branches.map((given, i) => laneOf(given, i + 1, source));
    for (const lane of lanes) lane(EMPTY, () => undefined);
    return new Observable((subscriber) => {
      const forked = new Subject<Frame<T>>();
      const missing = new Set(lanes);
      let failure: { readonly error: unknown } | undefined;
      const begin = () =>
        subscribeWithin(frames, subscriber, {
          next(frame) {
            if (frame.live) forked.next(frame);
            else subscriber.error(new FrameReleasedError('sent down branches', frame.label));
          },
          error(error: unknown) {
            failure = { error };
            forked.complete();
          },
          complete: () => forked.complete(),
        });
      const outputs = lanes.map((lane) => {
        const listens = () => {
          if (missing.delete(lane) && missing.size === 0) queueMicrotask(begin);
        };
        // A branch that ends without having subscribed is not waited for.
        return lane(forked, listens).pipe(finalize(listens));
      });
      subscribeWithin(merge(...outputs), subscriber, {
        next: (value) => subscriber.next(value),
        error: (error: unknown) => subscriber.error(error),
        // The source's error comes after the last frames of the branches.
        complete: () => (failure ? subscriber.error(failure.error) : subscriber.complete()),
      });
    });
  };
}

/** Makes a branch over a stream of frames, and calls `listens` when the branch has subscribed. */
type Lane<T, R> = (frames: Observable<Frame<T>>, listens: () => void) => Observable<R>;

function laneOf<T, R>(branched: Branch<T, R>, number: number, source: Source<unknown> | undefined): Lane<T, R> {
  const { through, name = `branch ${number}`, ...options } = branched;
  const lossless = source ? source.lossless : options.policy === 'wait';
  const policy = lossless ? 'wait' : 'latest';
  return (frames, listens) => {
    const asked: AsyncIterable<Arrival<T>> = {
      [Symbol.asyncIterator]() {
        const queue = new FrameQueue(name, frames, toArrival);
        listens();
        return queue;
      },
    };
    const sampled = new Observable<Arrival<T>>((subscriber) => {
      subscribeWithin(frames.pipe(map(toArrival)), subscriber, subscriber);
      listens();
    });
    return new Source<T>(lossless ? asked : sampled, { policy, ...options, source: name }).pipe(through);
  };
}

function toArrival<T>(frame: Frame<T>): Arrival<T> {
  const { label, lease, trace, view } = frame;
  const data = shared(frame);
  lease.markDelivered();
  return { data, timestamp: label.timestamp, source: label.source, from: { label, trace, view } };
}

/** The same data, to be freed separately. Tensors and video frames share their memory; plain data needs no freeing. */
function shared<T>(frame: Frame<T>): T {
  const { data, label } = frame;
  if (isTensor(data)) return shareTensor(data);
  if (typeof data !== 'object' || data === null) return data;
  if ('clone' in data && typeof data.clone === 'function') return data.clone() as T;
  if (!('close' in data || 'dispose' in data || joined(frame))) return data;
  throw new OptionError(
    "branch can share tensors, video frames and plain data, but this frame's data must be freed and can't be cloned. " +
      'Make it a tensor before the branch (preprocess).',
    { stage: 'branch', frame: label },
  );
}
