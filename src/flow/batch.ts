import { concat, slice, type Tensor } from '@tensorflow/tfjs-core';
import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { OptionError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { count, describeShape, sameButBatch } from '../shape.ts';
import { after, now } from '../timing/clock.ts';
import { graft } from '../timing/passport.ts';
import { attach } from './attach.ts';
import { emit } from './emit.ts';
import { join, joinedFrames } from './join.ts';
import { sourceOf } from './source-of.ts';

/** Options of {@link batch}. */
export interface BatchOptions {
  /** How many frames go together. */
  readonly size: number;
  /** How long (ms) the first of them waits for the others; then those that are there go. Default: until they are full. */
  readonly maxWait?: number;
}

/**
 * Puts frames together along the first dimension: `size` frames `[1, …]` → one frame `[size, …]`. The last batch may be
 * smaller, and so is one before a frame of another shape. Ends with {@link unbatch}.
 *
 * Its frames keep their leases until the batch is done with, so the gate must let at least `size` in at once
 * (`maxInFlight`): where the source can be seen to let fewer in, and no `maxWait` helps, this is an `OptionError` at once.
 * A stage that fails on a batch fails all its frames.
 *
 * @example
 * const source = admit(arrivals, { source: 'demo', maxInFlight: 8 });
 * source.pipe(batch({ size: 8 }), net, unbatch(), classify({ labels }));
 */
export function batch<T extends Tensor>(options: BatchOptions): OperatorFunction<Frame<T>, Frame<T>> {
  const size = count('batch', 'size', options.size);
  const { maxWait = Infinity } = options;
  if (!(maxWait > 0)) throw new OptionError(`batch: maxWait must be a number of ms over 0, not ${String(maxWait)}`);
  return (frames) => {
    checkFillable(frames, size, maxWait);
    return new Observable((subscriber) => {
      const collecting = new Collecting(size, maxWait, subscriber);
      subscriber.add(() => collecting.letGo());
      attach(frames, subscriber, {
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
  };
}

/** A batch that can never be full would hold all leases and wait for one more: a deadlock, found before it happens. */
function checkFillable(frames: Observable<unknown>, size: number, maxWait: number): void {
  const most = sourceOf(frames)?.maxInFlight ?? Infinity;
  if (size <= most || maxWait < Infinity) return;
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
    const [first] = this.#held;
    try {
      if (first && !sameButBatch(first.data.shape, frame.data.shape)) this.flush();
      this.#held.push(frame.retain('batch'));
    } catch (error) {
      this.#subscriber.error(error);
      return;
    }
    if (this.#held.length >= this.#size) this.flush();
    else if (this.#held.length === 1 && this.#maxWait < Infinity) {
      this.#callOff = after(this.#maxWait, () => this.flush());
    }
  }

  /** Sends on what there is. */
  flush(): void {
    const held = this.#take();
    if (held.length === 0) return;
    let joined: Frame<T>;
    try {
      const data = concat(held.map((frame) => frame.data), 0) as T;
      const trace = { stages: [], marks: [now()], method: 'unavailable', before: undefined } as const;
      joined = join(held, data, trace);
    } catch (error) {
      for (const frame of held) frame.release();
      this.#subscriber.error(error);
      return;
    }
    emit(joined, this.#subscriber);
  }

  letGo(): void {
    for (const frame of this.#take()) frame.release();
  }

  #take(): Frame<T>[] {
    this.#callOff?.();
    this.#callOff = undefined;
    return this.#held.splice(0);
  }
}

/**
 * Takes a batch apart again: one frame `[n, …]` → n frames `[1, …]`, each with the label, the lease and the passport of
 * the frame that went in. What a stage took is noted for all of them, with `batch: n`.
 *
 * A frame that is no batch, or whose first dimension has changed since, is an `OptionError` on the stream.
 *
 * @example
 * const source = admit(arrivals, { source: 'demo', maxInFlight: 4 });
 * source.pipe(batch({ size: 4, maxWait: 20 }), net, unbatch()).subscribe((frame) => draw(frame.data));
 */
export function unbatch<T extends Tensor>(): OperatorFunction<Frame<T>, Frame<T>> {
  return (batches) =>
    new Observable((subscriber) =>
      attach(batches, subscriber, {
        next(frame) {
          try {
            takeApart(frame, subscriber);
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
}

function takeApart<T extends Tensor>(batched: Frame<T>, subscriber: Subscriber<Frame<T>>): void {
  const { data, trace } = batched;
  const frames = joinedFrames(batched);
  if (!frames || frames.length !== data.shape[0]) {
    throw new OptionError(
      `unbatch takes what batch put together: ${frames?.length ?? 'no'} frames went in, ${describeShape(data.shape)} came`,
      { stage: 'unbatch', frame: batched.label },
    );
  }
  frames.forEach((frame, i) => {
    if (subscriber.closed) return;
    const one = slice(data, i, 1);
    emit(frame.derive(one, graft(trace, frame.trace, frames.length)), subscriber);
  });
}
