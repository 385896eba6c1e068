import { Subscription, type Observable, type Subscriber } from 'rxjs';
import { FrameReleasedError, SluiceError, StageError, StallError } from '../errors/errors.ts';
import type { Frame } from './frame.ts';
import { subscribeWithin } from './subscribe-within.ts';
import { releaseAll } from './release-all.ts';

/** @internal Something asynchronous that is done with every frame. */
export interface Task<T, R> {
  /** What it is called in errors. */
  readonly name: string;
  /** How many frames are worked on at once. */
  readonly concurrency: number;
  /** Throws, at once, for a frame that `work` need not even begin with. */
  readonly check?: ((frame: Frame<T>) => void) | undefined;
  work(frame: Frame<T>): Promise<R>;
  /** Hands on what became of a frame, in its turn. */
  give(frame: Frame<T>, result: R): void;
  /** Frees a result that nobody waits for any more. */
  drop?(result: R): void;
  /** What ends the stream, and is no failure of a frame alone. */
  ends?(error: SluiceError): boolean;
}

interface Pending<T, R> {
  readonly frame: Frame<T>;
  started: boolean;
  settled?: { readonly result: R } | { readonly failure: unknown };
}

/**
 * @internal One subscription's frames at work: each is kept, with its lease, until its result is out; results come in the
 * frames' order.
 */
export class OrderedWork<T, R> {
  readonly #task: Task<T, R>;
  readonly #subscriber: Subscriber<unknown>;
  readonly #upstream = new Subscription();
  readonly #queue: Pending<T, R>[] = [];
  #working = 0;
  #emitting = false;
  #end: { readonly error?: unknown } | undefined;

  constructor(task: Task<T, R>, subscriber: Subscriber<unknown>) {
    this.#task = task;
    this.#subscriber = subscriber;
  }

  start(frames: Observable<Frame<T>>): void {
    subscribeWithin(frames, this.#upstream, {
      next: (frame) => this.#take(frame),
      error: (error: unknown) => {
        // A stall is the news that what is at work here may never end: no use waiting for that.
        if (error instanceof StallError) this.#subscriber.error(error);
        else this.#finish({ error });
      },
      complete: () => this.#finish({}),
    });
  }

  stop(): void {
    this.#upstream.unsubscribe();
    for (const { settled } of this.#queue) if (settled && 'result' in settled) this.#task.drop?.(settled.result);
    releaseAll(this.#queue.splice(0).map(({ frame }) => frame));
  }

  #take(frame: Frame<T>): void {
    try {
      this.#task.check?.(frame);
      this.#queue.push({ frame: frame.hold(this.#task.name), started: false });
    } catch (failure) {
      const error = this.#failureOf(frame, failure);
      if (this.#ends(error) || frame.lease.fail(error) === 'stop') {
        this.#upstream.unsubscribe();
        this.#finish({ error });
      }
    }
    this.#startMore();
  }

  /** What is at work still comes out before the end does. */
  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#emit();
  }

  #startMore(): void {
    for (const pending of this.#queue) {
      if (this.#working >= this.#task.concurrency) return;
      if (pending.started) continue;
      pending.started = true;
      this.#working++;
      void this.#settle(pending);
    }
  }

  async #settle(pending: Pending<T, R>): Promise<void> {
    try {
      const { frame } = pending;
      pending.settled = { result: await this.#task.work(frame) };
    } catch (failure) {
      pending.settled = { failure };
    }
    this.#working--;
    if (this.#subscriber.closed) {
      if ('result' in pending.settled) this.#task.drop?.(pending.settled.result);
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
      // Whoever gets the result has it: stop() must not free it as well.
      delete first.settled;
      this.#emitOne(frame, settled);
      // The subscriber may have left, and stop() released everything.
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
      this.#task.give(frame, settled.result);
      return;
    }
    const error = this.#failureOf(frame, settled.failure);
    if (this.#ends(error) || frame.lease.fail(error) === 'stop') this.#subscriber.error(error);
  }

  /** One that can't be released (`work` did it already, or its data can't be freed) ends the stream. */
  #release(frame: Frame<T>): void {
    try {
      frame.release();
    } catch (error) {
      this.#subscriber.error(error);
    }
  }

  #failureOf({ label }: Frame<T>, failure: unknown): SluiceError {
    const told = failure instanceof SluiceError && (failure.frame !== undefined || this.#ends(failure));
    return told ? failure : new StageError(this.#task.name, label, failure);
  }

  /** A frame that is not alive is a mistake in the pipe, not a failure of the frame. */
  #ends(error: SluiceError): boolean {
    return error instanceof FrameReleasedError || this.#task.ends?.(error) === true;
  }
}
