import { keep, Tensor } from '@tensorflow/tfjs-core';
import type { FrameLabel } from '../errors/frame-label.ts';
import { FrameReleasedError } from '../errors/errors.ts';
import { now } from './clock.ts';
import { free } from './free.ts';
import { unwatchHeld, watchHeld, type HeldFrame } from './held-frames.ts';
import { Lease } from './lease.ts';
import { arrivalOf, readTimings, type StageTiming, type Trace } from './trace.ts';

/**
 * A labelled value whose life lasts one turn: whoever emits a frame releases it when `next()` has returned.
 *
 * Everything synchronous downstream sees a live frame and frees nothing. What keeps a frame past its turn calls
 * {@link Frame.retain} on arrival and {@link Frame.release} when done; otherwise `data` throws `FrameReleasedError`.
 *
 * @example
 * const frame = Frame.of(tf.scalar(1), { source: 'demo', seq: 0, timestamp: 0 });
 * frame.release(); // the tensor is disposed with the last release
 */
export class Frame<T> {
  readonly label: FrameLabel;
  readonly lease: Lease;
  readonly #data: T;
  readonly #trace: Trace | undefined;
  /** The frame that owns the data, where this one only passes it on. */
  readonly #owner: Frame<unknown> | undefined;
  #holders = 1;
  /** Set while a hold that `retain()` gave may be outstanding. */
  #held: HeldFrame | undefined;

  private constructor(data: T, label: FrameLabel, lease: Lease, trace: Trace | undefined, owner?: Frame<unknown>) {
    if (!lease.open) throw new FrameReleasedError('made anew from its lease', label);
    this.#data = data;
    this.label = label;
    this.lease = lease;
    this.#trace = trace;
    this.#owner = owner?.hold();
    lease.hold(trace);
    // A frame owns its tensor: a tf.tidy that happens to be open around it does not.
    if (data instanceof Tensor) keep(data);
  }

  /** A new frame, held once by the caller. Without a lease it gets one of its own. */
  static of<T>(data: T, label: FrameLabel, lease: Lease = new Lease(), trace?: Trace): Frame<T> {
    return new Frame(data, label, lease, trace);
  }

  /** The value; throws `FrameReleasedError` when the frame's life is over. */
  get data(): T {
    if (this.#holders === 0) throw new FrameReleasedError('read', this.label);
    return this.#data;
  }

  /** True until the last holder has released the frame. */
  get live(): boolean {
    return this.#holders > 0;
  }

  /** @internal The stages so far, newest first. */
  get trace(): Trace | undefined {
    return this.#trace;
  }

  /** The trace: what each stage so far took. */
  get timings(): StageTiming[] {
    return readTimings(this.#trace);
  }

  /** From its arrival at the gate to now, in milliseconds; NaN for a frame that came through none. */
  get latencyMs(): number {
    return now() - arrivalOf(this.#trace);
  }

  /**
   * Keeps the frame alive after `next()` has returned; pair it with one {@link Frame.release}. A frame that is not
   * released holds up its source: the `StallError` then names the `holder`. Outside of production a frame that is
   * garbage-collected before its release causes a warning on the console, once, with the place of the `retain()` call.
   *
   * Throws `FrameReleasedError` for a frame that was released already.
   */
  retain(holder?: string): this {
    this.hold(holder);
    this.#held = watchHeld(this, this.#held, holder, this.retain);
    return this;
  }

  /** @internal What `retain` does, for sluice's own operators, which keep their frames until they release them. */
  hold(holder?: string): this {
    if (this.#holders === 0) throw new FrameReleasedError('retained', this.label);
    this.#holders++;
    if (holder !== undefined) this.lease.retainedBy(holder);
    return this;
  }

  /** Gives up one hold; the last one frees the data (`dispose()` or `close()`) and this frame's share of the lease. */
  release(): void {
    if (this.#holders === 0) throw new FrameReleasedError('released again', this.label);
    if (--this.#holders > 0) return;
    if (this.#held) unwatchHeld(this.#held);
    try {
      if (this.#owner) this.#owner.release();
      else free(this.#data);
    } finally {
      this.lease.drop();
    }
  }

  /**
   * A frame with other data, the same label and the same lease; the caller holds it. One with the very same data keeps
   * this frame alive instead of freeing it twice.
   */
  derive<U>(data: U, trace: Trace | undefined = this.#trace): Frame<U> {
    if (this.#holders === 0) throw new FrameReleasedError('derived from', this.label);
    return new Frame(data, this.label, this.lease, trace, Object.is(data, this.#data) ? this : undefined);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
