// For projects whose target does not know `Symbol.dispose`: their compiler reads this in the published types.
/// <reference lib="esnext.disposable" preserve="true" />
import { keep } from '@tensorflow/tfjs-core';
import type { FrameLabel } from '../errors/frame-label.ts';
import { FrameReleasedError } from '../errors/errors.ts';
import { now } from './clock.ts';
import { free } from './free.ts';
import { isTensor } from './is-tensor.ts';
import { unwatchHeld, watchHeld, type HeldFrame } from './held-frames.ts';
import { Lease } from './lease.ts';
import type { PictureView } from './picture-view.ts';
import { arrivalOf, readTimings, type StageTiming, type Trace } from './trace.ts';

/** What a frame has of those before it. */
interface Origin {
  readonly trace?: Trace | undefined;
  readonly view?: PictureView | undefined;
  readonly owner?: Frame<unknown> | undefined;
}

/**
 * One frame: its data, its label and its lease. Whatever emits a frame releases it when `next()` has returned.
 *
 * Synchronous code downstream can use the frame and need not free it. Code that keeps a frame longer (an await, a buffer)
 * calls {@link Frame.retain} on arrival and {@link Frame.release} when done; otherwise `data` throws `FrameReleasedError`.
 *
 * @example
 * const frame = Frame.of(tf.scalar(1), { source: 'demo', seq: 0, timestamp: 0 });
 * frame.release(); // the last release disposes the tensor
 */
export class Frame<T> {
  readonly label: FrameLabel;
  readonly lease: Lease;
  readonly #data: T;
  readonly #trace: Trace | undefined;
  readonly #view: PictureView | undefined;
  /** The frame that owns the data, if this one shares it. */
  readonly #owner: Frame<unknown> | undefined;
  #holders = 1;
  /** Set while a hold that `retain()` gave may be outstanding. */
  #held: HeldFrame | undefined;

  private constructor(data: T, label: FrameLabel, lease: Lease, { trace, view, owner }: Origin) {
    if (!lease.open) throw new FrameReleasedError('made from its lease', label);
    this.#data = data;
    this.label = label;
    this.lease = lease;
    this.#trace = trace;
    this.#view = view;
    this.#owner = owner?.hold();
    lease.hold(trace);
    // A frame owns its tensor, so an enclosing tf.tidy must not dispose it.
    if (isTensor(data)) keep(data);
  }

  /**
   * A new frame, which the caller must release. Without `lease` it gets a lease of its own. `view` is what the picture that the data were
   * made of showed of its source picture.
   */
  static of<T>(data: T, label: FrameLabel, lease: Lease = new Lease(), trace?: Trace, view?: PictureView): Frame<T> {
    return new Frame(data, label, lease, { trace, view });
  }

  /** The data; throws `FrameReleasedError` after the last release. */
  get data(): T {
    if (this.#holders === 0) throw new FrameReleasedError('read', this.label);
    return this.#data;
  }

  /** True until the last release. */
  get live(): boolean {
    return this.#holders > 0;
  }

  /** @internal Whether more than one holds the frame. */
  get shared(): boolean {
    return this.#holders > 1;
  }

  /** @internal The times of the stages so far, the newest first. */
  get trace(): Trace | undefined {
    return this.#trace;
  }

  /** @internal What the picture that the data were made of showed of its source picture; undefined where that is not known. */
  get view(): PictureView | undefined {
    return this.#view;
  }

  /** How long each stage so far took. */
  get timings(): StageTiming[] {
    return readTimings(this.#trace);
  }

  /** Milliseconds since the frame arrived at the gate; NaN for a frame that passed none. */
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
    this.#held = watchHeld(this, this.#held, holder);
    return this;
  }

  /** @internal What `retain` does, for sluice's own operators, which keep their frames until they release them. */
  hold(holder?: string): this {
    if (this.#holders === 0) throw new FrameReleasedError('retained', this.label);
    this.#holders++;
    if (holder !== undefined) this.lease.retainedBy(holder);
    return this;
  }

  /**
   * Gives up one hold. The last release frees the data (`dispose()` or `close()`), and ends the lease if no other frame
   * shares it. Throws `FrameReleasedError` if the frame was released already.
   */
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
   * A frame with other data, the same label and the same lease, which the caller must release. If the data is the same, the
   * new frame keeps this one alive instead of freeing the data twice. `view` is that of the new data, by default that of this frame.
   */
  derive<U>(data: U, trace: Trace | undefined = this.#trace, view: PictureView | undefined = this.#view): Frame<U> {
    if (this.#holders === 0) throw new FrameReleasedError('derived from', this.label);
    const owner = Object.is(data, this.#data) ? this : undefined;
    return new Frame(data, this.label, this.lease, { trace, view, owner });
  }

  /** @internal A frame with the same data and lease and another label, which the caller must release. It keeps this one alive. */
  relabelled(label: FrameLabel): Frame<T> {
    if (this.#holders === 0) throw new FrameReleasedError('derived from', this.label);
    return new Frame(this.#data, label, this.lease, { trace: this.#trace, view: this.#view, owner: this });
  }

  /** Releases the frame, so that `using frame = …` works. */
  [Symbol.dispose](): void {
    this.release();
  }
}
