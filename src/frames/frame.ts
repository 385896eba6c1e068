// For projects whose target does not know `Symbol.dispose`: their compiler reads this in the published types.
/// <reference lib="esnext.disposable" preserve="true" />
import { keep, Tensor } from '@tensorflow/tfjs-core';
import { FrameReleasedError, isContextLost, type FrameLabel, type SluiceError } from '../errors/errors.ts';
import { now } from './clock.ts';
import { arrivalOf, lastStage, readTimings, type StageTiming, type Trace } from './trace.ts';

/** What becomes of a frame when its lease ends. */
export type Outcome = 'delivered' | 'discarded' | 'failed';

/** Whoever hands out leases (the gate) hears what became of them and decides what a failure means. */
export interface LeaseOwner {
  closed(outcome: Outcome, lease: Lease): void;
  failed(error: SluiceError): 'stop' | 'skip';
}

/**
 * The life that all frames derived from one source frame share: the unit of backpressure.
 *
 * It counts as in flight until the last frame derived from it is released.
 */
export class Lease {
  #holders = 0;
  #ended = false;
  #delivered = false;
  #failed = false;
  #holder = 'an operator that called frame.retain()';
  #trace: Trace | undefined;
  readonly #owner: LeaseOwner | undefined;

  constructor(owner?: LeaseOwner) {
    this.#owner = owner;
  }

  /** True until the last frame that shares this lease is released. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Says that something of this frame reached the end of the pipe; `classify` and `markDelivered` do. */
  markDelivered(): void {
    this.#delivered = true;
  }

  /**
   * Reports that a stage failed on this frame; the answer says whether the stream goes on without it. It always does where
   * the frame was lost with its GPU.
   */
  fail(error: SluiceError): 'stop' | 'skip' {
    this.#failed = true;
    const answer = this.#owner?.failed(error) ?? 'stop';
    return isContextLost(error) ? 'skip' : answer;
  }

  /** Who holds it, as far as is known: the last one that retained a frame, and the stage it had come to. */
  get whereabouts(): { readonly holder: string; readonly stage: string | undefined } {
    return { holder: this.#holder, stage: lastStage(this.#trace) };
  }

  /** @internal */
  hold(trace?: Trace): void {
    this.#holders++;
    this.#trace = trace;
  }

  /** @internal */
  retainedBy(holder: string): void {
    this.#holder = holder;
  }

  /** @internal */
  drop(): void {
    if (--this.#holders > 0) return;
    this.#ended = true;
    this.#owner?.closed(this.#failed ? 'failed' : this.#delivered ? 'delivered' : 'discarded', this);
  }
}

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

  private constructor(data: T, label: FrameLabel, lease: Lease, trace: Trace | undefined, owner?: Frame<unknown>) {
    if (!lease.open) throw new FrameReleasedError('made anew from its lease', label);
    this.#data = data;
    this.label = label;
    this.lease = lease;
    this.#trace = trace;
    this.#owner = owner?.retain();
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
   * Keeps the frame alive past this turn; pair it with one {@link Frame.release}. `holder` is how you are named if the
   * frame is never released.
   */
  retain(holder?: string): this {
    if (this.#holders === 0) throw new FrameReleasedError('retained', this.label);
    this.#holders++;
    if (holder !== undefined) this.lease.retainedBy(holder);
    return this;
  }

  /** Gives up one hold; the last one frees the data (`dispose()` or `close()`) and this frame's share of the lease. */
  release(): void {
    if (this.#holders === 0) throw new FrameReleasedError('released again', this.label);
    if (--this.#holders > 0) return;
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

  /** Releases the frame, so that `using frame = …` works. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** @internal Tensors have `dispose`, `VideoFrame` and `ImageBitmap` have `close`; anything else the garbage collector takes. */
export function free(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('dispose' in data && typeof data.dispose === 'function') data.dispose();
  else if ('close' in data && typeof data.close === 'function') data.close();
}
