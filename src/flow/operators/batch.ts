import { concat, slice, Tensor } from '@tensorflow/tfjs-core';
import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { count } from '../../stage/arguments.ts';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, StageError } from '../../errors/errors.ts';
import { joinedWeights, type FrameLabel } from '../../errors/frame-label.ts';
import type { Frame } from '../../frames/frame.ts';
import { describeShape, sameButBatch } from '../../stage/shape.ts';
import { after } from '../../frames/clock.ts';
import { graft, type Trace } from '../../frames/trace.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { emit } from '../../frames/emit.ts';
import { batchBefore, leasesOf } from './source-of.ts';
import { checkFillable, dataOf, isLost, join, joined, takesOne } from './join.ts';
import { releaseAll } from '../../frames/release-all.ts';

/** Options of {@link batch}. */
export interface BatchOptions {
  /** How many frames make a batch. */
  readonly size: number;
  /** How long (ms) the first frame waits for the others; then a smaller batch is emitted. Default: until the batch is full. */
  readonly maxWait?: number;
}

const NAMES: OptionNames<BatchOptions> = { size: true, maxWait: true };

/**
 * Joins frames along the first dimension: `size` frames `[1, …]` → one frame `[size, …]`. The last batch may be smaller, and
 * so may the batch before a frame of another shape or type. {@link unbatch} takes the batches apart again.
 *
 * The frames keep their leases until the batch is released, so the source must admit at least `size` frames at once
 * (`maxInFlight`). If the source admits fewer and there is no `maxWait`, this throws an `OptionError`. (If one frame of the
 * source becomes several before the batch, set `maxWait: Infinity`.)
 *
 * A batch has the label of its first frame. Where all frames have a `target`, it has them as its `targets`, and where one of them
 * has a `weight`, the `weights` of all.
 *
 * A stage that fails on a batch fails all its frames. A frame that is no tensor `[1, …]` fails with a `ShapeError`.
 *
 * @see {@link unbatch}
 *
 * @example
 * const source = frameSource(arrivals, { source: 'demo', maxInFlight: 8 });
 * source.pipe(batch({ size: 8 }), net, unbatch(), classify({ labels }));
 */
export function batch<T extends Tensor>(options: BatchOptions): OperatorFunction<Frame<T>, Frame<T>> {
  checkOptions('batch', options, NAMES);
  const size = count('batch', 'size', options.size);
  const { maxWait = Infinity } = options;
  if (typeof maxWait !== 'number' || !(maxWait > 0)) {
    throw new OptionError(`batch: maxWait must be a number of ms over 0, not ${describeValue(maxWait)}`);
  }
  return (upstream) => {
    if (options.maxWait === undefined) checkFillable(upstream, 'batch', size, 'make the batch smaller, or set maxWait');
    const batches = new Observable<Frame<T>>((subscriber) => {
      const collecting = new Collecting(size, maxWait, subscriber);
      subscriber.add(() => collecting.releaseHeld());
      subscribeWithin(upstream, subscriber, {
        next: (frame) => collecting.take(frame),
        error(error: unknown) {
          collecting.releaseHeld();
          subscriber.error(error);
        },
        complete() {
          collecting.flush();
          subscriber.complete();
        },
      });
    });
    const leases = (frames: number, step: number) => leasesOf(upstream, frames * size, step * size);
    return Object.assign(batches, { upstream, leases, batched: size });
  };
}

/** The unfinished batch of one subscription. */
class Collecting<T extends Tensor> {
  readonly #size: number;
  readonly #maxWait: number;
  readonly #subscriber: Subscriber<Frame<T>>;
  #held: Frame<T>[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(size: number, maxWait: number, subscriber: Subscriber<Frame<T>>) {
    this.#size = size;
    this.#maxWait = maxWait;
    this.#subscriber = subscriber;
  }

  take(frame: Frame<T>): void {
    if (!takesOne(frame, 'batch', this.#subscriber)) return;
    const [first] = this.#held;
    if (first && !(first.data.dtype === frame.data.dtype && sameButBatch(first.data.shape, frame.data.shape))) {
      this.flush();
      // The subscriber may have unsubscribed on that batch.
      if (this.#subscriber.closed) return;
    }
    this.#held.push(frame.hold('batch'));
    if (this.#held.length >= this.#size) this.flush();
    else if (this.#held.length === 1 && this.#maxWait < Infinity) {
      this.#cancelTimer = after(this.#maxWait, () => this.flush());
    }
  }

  /** Emits the frames collected so far as a batch. */
  flush(): void {
    const [first, ...others] = this.#take().filter((frame) => !isLost(frame));
    if (!first) return;
    const held = [first, ...others] as const;
    const data = dataOf(held, 'batch', this.#subscriber, (tensors: readonly T[]) => concat([...tensors], 0));
    if (data) emit(join(held, data, held, labelOf(held)), this.#subscriber);
  }

  releaseHeld(): void {
    releaseAll(this.#take());
  }

  #take(): Frame<T>[] {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    return this.#held.splice(0);
  }
}

/** The label of the first frame, with the targets of all. */
function labelOf(frames: readonly [Frame<unknown>, ...Frame<unknown>[]]): FrameLabel {
  const { target, weight: _weight, ...label } = frames[0].label;
  const targets = frames.flatMap((frame) => (frame.label.target === undefined ? [] : [frame.label.target]));
  if (target === undefined || targets.length < frames.length) return frames[0].label;
  return { ...label, targets, ...joinedWeights(frames.map((frame) => frame.label)) };
}

/**
 * Takes a batch apart: one frame `[n, …]` → n frames `[1, …]`, each with the label, the lease and the timings of the frame
 * that went into the batch. The times of stages in between are noted on each frame that is timed, with `batch: n`.
 *
 * A frame that is no batch, or whose first dimension has changed, fails the stream with an `OptionError`.
 *
 * @see batch
 *
 * @see {@link batch}
 *
 * @example
 * const source = frameSource(arrivals, { source: 'demo', maxInFlight: 4 });
 * source.pipe(batch({ size: 4, maxWait: 20 }), net, unbatch()).subscribe((frame) => draw(frame.data));
 */
export function unbatch<T extends Tensor>(): OperatorFunction<Frame<T>, Frame<T>> {
  return (upstream) => {
    const frames = new Observable<Frame<T>>((subscriber) =>
      subscribeWithin(upstream, subscriber, {
        next: (frame) => takeApart(frame, subscriber),
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
    return Object.assign(frames, { upstream, leases: leasesApart(upstream) });
  };
}

/**
 * The leases of frames that were in a batch: each has its own again, but the batch must be able to fill while an operator holds what is
 * left of the one before.
 */
function leasesApart(stream: Observable<unknown>) {
  return (frames: number, step: number): number => {
    const { upstream, batched = 1 } = batchBefore(stream) ?? {};
    const fits = batched % step === 0 || step % batched === 0;
    const held = frames - step + (fits ? 0 : step - 1);
    const most = Math.max(frames, batched, held + batched);
    return upstream ? leasesOf(upstream, most) : most;
  };
}

function takeApart<T extends Tensor>(batched: Frame<T>, subscriber: Subscriber<Frame<T>>): void {
  let apart: { data: T; frames: readonly Frame<unknown>[]; past: Trace | undefined };
  try {
    apart = membersOf(batched);
  } catch (error) {
    subscriber.error(error);
    return;
  }
  const { data, frames, past } = apart;
  for (const [i, frame] of frames.entries()) {
    if (subscriber.closed) return;
    let one: T;
    try {
      one = slice(data, i, 1);
    } catch (cause) {
      const error = new StageError('unbatch', frame.label, cause);
      if (frame.lease.fail(error) === 'skip') continue;
      subscriber.error(error);
      return;
    }
    emit(frame.derive(one, graft(batched.trace, past, frame.trace, frames.length)), subscriber);
  }
}

function membersOf<T extends Tensor>(
  batched: Frame<T>,
): { data: T; frames: readonly Frame<unknown>[]; past: Trace | undefined } {
  const { data, label } = batched;
  const { frames = [], trace: past } = joined(batched) ?? {};
  if (frames.length > 0 && data instanceof Tensor && data.shape[0] === frames.length) return { data, frames, past };
  const got = data instanceof Tensor ? describeShape(data.shape) : describeValue(data);
  const wentIn = frames.length === 1 ? '1 frame' : `${frames.length || 'no'} frames`;
  throw new OptionError(`unbatch takes what batch put together: ${wentIn} went in, but got ${got}`, {
    stage: 'unbatch',
    frame: label,
  });
}
