import { Subscription, type Observable, type Subscriber } from 'rxjs';
import { FrameReleasedError, SluiceError, StageError, StallError } from '../errors/errors.ts';
import type { Frame } from './frame.ts';
import { subscribeWithin } from './subscribe-within.ts';
import { releaseAll } from './release-all.ts';

/** @internal Asynchronous work on every frame. */
export interface FrameWork<T, R> {
  /** Its name in errors. */
  readonly name: string;
  /** How many frames are worked on at once. */
  readonly concurrency: number;
  /** Throws for a frame that `work` cannot take; called when the frame arrives. */
  readonly check?: ((frame: Frame<T>) => void) | undefined;
  work(frame: Frame<T>): Promise<R>;
  /** Emits the result of a frame; called in the frames' order. */
  give(frame: Frame<T>, result: R): void;
  /** Frees a result that is not emitted because the stream has ended. */
  drop?(result: R): void;
  /** Whether an error ends the stream whatever `onError` says. */
  ends?(error: SluiceError): boolean;
}

interface Pending<T, R> {
  readonly frame: Frame<T>;
  started: boolean;
  settled?: { readonly result: R } | { readonly failure: unknown };
}

/**
 * @internal The asynchronous work of one subscription. Each frame is kept, with its lease, until its result has been emitted.
 * Results are emitted in the order of the frames.
 */
export class OrderedWork<T, R> {
  readonly #work: FrameWork<T, R>;
  readonly #subscriber: Subscriber<unknown>;
  readonly #upstream = new Subscription();
  readonly #queue: Pending<T, R>[] = [];
  #working = 0;
  #emitting = false;
  #end: { readonly error?: unknown } | undefined;

  constructor(work: FrameWork<T, R>, subscriber: Subscriber<unknown>) {
    this.#work = work;
    this.#subscriber = subscriber;
  }

  start(frames: Observable<Frame<T>>): void {
    subscribeWithin(frames, this.#upstream, {
      next: (frame) => this.#take(frame),
      error: (error: unknown) => {
        // The work that stalls may never end, so the error does not wait for it.
        if (error instanceof StallError) this.#subscriber.error(error);
        else this.#finish({ error });
      },
      complete: () => this.#finish({}),
    });
  }

  stop(): void {
    this.#upstream.unsubscribe();
    for (const { settled } of this.#queue) if (settled && 'result' in settled) this.#work.drop?.(settled.result);
    releaseAll(this.#queue.splice(0).map(({ frame }) => frame));
  }

  #take(frame: Frame<T>): void {
    try {
      this.#work.check?.(frame);
      this.#queue.push({ frame: frame.hold(this.#work.name), started: false });
    } catch (failure) {
      const error = this.#failureOf(frame, failure);
      if (this.#ends(error) || frame.lease.fail(error) === 'stop') {
        this.#upstream.unsubscribe();
        this.#finish({ error });
      }
    }
    this.#startMore();
  }

  /** Ends the stream after the results of the frames that are being worked on. */
  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#emit();
  }

  #startMore(): void {
    for (const pending of this.#queue) {
      if (this.#working >= this.#work.concurrency) return;
      if (pending.started) continue;
      pending.started = true;
      this.#working++;
      void this.#settle(pending);
    }
  }

  async #settle(pending: Pending<T, R>): Promise<void> {
    try {
      const { frame } = pending;
      pending.settled = { result: await this.#work.work(frame) };
    } catch (failure) {
      pending.settled = { failure };
    }
    this.#working--;
    if (this.#subscriber.closed) {
      if ('result' in pending.settled) this.#work.drop?.(pending.settled.result);
      return;
    }
    this.#emit();
    this.#startMore();
  }

  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    for (let [first] = this.#queue; first?.settled && !this.#subscriber.closed; [first] = this.#queue) {
      const { frame, settled } = first;
      // The result belongs to the subscriber now: stop() must not free it.
      delete first.settled;
      this.#emitOne(frame, settled);
      // The subscriber may have unsubscribed; then stop() has released everything.
      if (this.#queue[0] !== first) continue;
      this.#queue.shift();
      this.#release(frame);
    }
    this.#emitting = false;
    if (!this.#end || this.#queue.length > 0) return;
    if ('error' in this.#end) this.#subscriber.error(this.#end.error);
    else this.#subscriber.complete();
  }

  #emitOne(frame: Frame<T>, settled: { readonly result: R } | { readonly failure: unknown }): void {
    if ('result' in settled) {
      this.#work.give(frame, settled.result);
      return;
    }
    const error = this.#failureOf(frame, settled.failure);
    if (this.#ends(error) || frame.lease.fail(error) === 'stop') this.#subscriber.error(error);
  }

  /** A frame that can't be released (`work` released it, or its data can't be freed) fails the stream. */
  #release(frame: Frame<T>): void {
    try {
      frame.release();
    } catch (error) {
      this.#subscriber.error(error);
    }
  }

  #failureOf({ label }: Frame<T>, failure: unknown): SluiceError {
    const told = failure instanceof SluiceError && (failure.frame !== undefined || this.#ends(failure));
    return told ? failure : new StageError(this.#work.name, label, failure);
  }

  /** A released frame is a mistake in the pipe, not a failure of the frame. */
  #ends(error: SluiceError): boolean {
    return error instanceof FrameReleasedError || this.#work.ends?.(error) === true;
  }
}
