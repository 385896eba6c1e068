import { concat, slice, Tensor } from '@tensorflow/tfjs-core';
import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { count } from '../../stage/arguments.ts';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { lossOf } from '../../engines/gpu.ts';
import { FrameReleasedError, OptionError, ShapeError, StageError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { describeShape, sameButBatch } from '../../stage/shape.ts';
import { after } from '../../frames/clock.ts';
import { graft, type Trace } from '../../frames/trace.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { emit } from '../../frames/emit.ts';
import { failAll, join, joined } from './join.ts';
import { releaseAll } from '../../frames/release-all.ts';
import { sourceOf } from './source-of.ts';

/** Options of {@link batch}. */
export interface BatchOptions {
  /** How many frames go together. */
  readonly size: number;
  /** How long (ms) the first of them waits for the others; then those that are there go. Default: until they are full. */
  readonly maxWait?: number;
}

const NAMES: OptionNames<BatchOptions> = { size: true, maxWait: true };

/**
 * Puts frames together along the first dimension: `size` frames `[1, …]` → one frame `[size, …]`. The last batch may be
 * smaller, and so is one before a frame of another shape or type. Ends with {@link unbatch}.
 *
 * Its frames keep their leases until the batch is done with, so the gate must let at least `size` in at once
 * (`maxInFlight`): where the source can be seen to let fewer in this is an `OptionError` at once, unless there is a
 * `maxWait`. (Where one frame of the source becomes several on the way, say `maxWait: Infinity`.) A stage that fails on a
 * batch fails all its frames; what is no tensor `[1, …]` is a `ShapeError` of its frame.
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
    if (options.maxWait === undefined) checkFillable(upstream, size);
    const batches = new Observable<Frame<T>>((subscriber) => {
      const collecting = new Collecting(size, maxWait, subscriber);
      subscriber.add(() => collecting.letGo());
      subscribeWithin(upstream, subscriber, {
        next: (frame) => collecting.take(frame),
        error(error: unknown) {
          collecting.letGo();
          subscriber.error(error);
        },
        complete() {
          collecting.flush();
          subscriber.complete();
        },
      });
    });
    return Object.assign(batches, { upstream });
  };
}

/** A batch that can never be full would hold all leases and wait for one more: a deadlock, found before it happens. */
function checkFillable(upstream: Observable<unknown>, size: number): void {
  const most = sourceOf(upstream)?.maxInFlight ?? Infinity;
  if (size <= most) return;
  throw new OptionError(
    `a batch of ${size} can never fill: the source lets only ${most} frames in at once, and each stays in until the ` +
      `batch is done. Give the source maxInFlight: ${size} (or more), make the batch smaller, or set maxWait.`,
    { stage: 'batch' },
  );
}

/** One subscription's unfinished batch. */
class Collecting<T extends Tensor> {
  readonly #size: number;
  readonly #maxWait: number;
  readonly #subscriber: Subscriber<Frame<T>>;
  #held: Frame<T>[] = [];
  #callOff: (() => void) | undefined;

  constructor(size: number, maxWait: number, subscriber: Subscriber<Frame<T>>) {
    this.#size = size;
    this.#maxWait = maxWait;
    this.#subscriber = subscriber;
  }

  take(frame: Frame<T>): void {
    try {
      checkOne(frame);
    } catch (error) {
      // A frame that is not alive is a mistake in the pipe, not a failure of the frame.
      if (!(error instanceof ShapeError) || frame.lease.fail(error) === 'stop') this.#subscriber.error(error);
      return;
    }
    const [first] = this.#held;
    if (first && !(first.data.dtype === frame.data.dtype && sameButBatch(first.data.shape, frame.data.shape))) {
      this.flush();
      // Whoever got that batch may have had enough.
      if (this.#subscriber.closed) return;
    }
    this.#held.push(frame.hold('batch'));
    if (this.#held.length >= this.#size) this.flush();
    else if (this.#held.length === 1 && this.#maxWait < Infinity) {
      this.#callOff = after(this.#maxWait, () => this.flush());
    }
  }

  /** Sends on what there is. */
  flush(): void {
    const [first, ...others] = this.#take().filter((frame) => !isGone(frame));
    if (!first) return;
    const held = [first, ...others] as const;
    let data: T;
    try {
      data = concat(held.map(contents), 0);
    } catch (cause) {
      const error = cause instanceof FrameReleasedError ? cause : new StageError('batch', first.label, cause);
      const answer = error === cause ? 'stop' : failAll(held, error);
      releaseAll(held);
      if (answer === 'stop') this.#subscriber.error(error);
      return;
    }
    emit(join([...held], data), this.#subscriber);
  }

  letGo(): void {
    releaseAll(this.#take());
  }

  #take(): Frame<T>[] {
    this.#callOff?.();
    this.#callOff = undefined;
    return this.#held.splice(0);
  }
}

/** A frame that waited here while the GPU was lost that it was on is let go. */
function isGone(frame: Frame<unknown>): boolean {
  const loss = lossOf(frame);
  if (!loss) return false;
  frame.lease.fail(loss);
  frame.release();
  return true;
}

function contents<T>({ data }: Frame<T>): T {
  return data;
}

function checkOne({ data, label }: Frame<unknown>): void {
  if (data instanceof Tensor && data.shape[0] === 1) return;
  const came = data instanceof Tensor ? describeShape(data.shape) : describeValue(data);
  throw new ShapeError(`batch needs tensors of one frame each, [1, …], but ${came} came`, {
    stage: 'batch',
    frame: label,
  });
}

/**
 * Takes a batch apart again: one frame `[n, …]` → n frames `[1, …]`, each with the label, the lease and the trace of
 * the frame that went in. What a stage took is noted for all of them that are timed, with `batch: n`.
 *
 * A frame that is no batch, or whose first dimension has changed since, is an `OptionError` on the stream.
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
    return Object.assign(frames, { upstream });
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
  const came = data instanceof Tensor ? describeShape(data.shape) : describeValue(data);
  const wentIn = frames.length === 1 ? '1 frame' : `${frames.length || 'no'} frames`;
  throw new OptionError(`unbatch takes what batch put together: ${wentIn} went in, ${came} came`, {
    stage: 'unbatch',
    frame: label,
  });
}
