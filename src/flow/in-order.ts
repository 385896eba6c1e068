import { Observable, Subscription, type OperatorFunction, type Subscriber } from 'rxjs';
import { describeValue } from '../describe-value.ts';
import { FrameReleasedError, OptionError, SluiceError, StageError, StallError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { count } from '../shape.ts';
import { attach } from './attach.ts';
import { releaseAll } from './release-all.ts';

/** Options of {@link inOrder}. */
export interface InOrderOptions<T> {
  /** What it is called in errors. Default `inOrder`. */
  readonly name?: string;
  /** Throws, at once, for a frame that `work` need not even begin with. */
  readonly check?: ((frame: Frame<T>) => void) | undefined;
}

/**
 * Does something asynchronous with every frame, several at once, and gives the results in the frames' order.
 *
 * A frame is kept, with its lease, until its result is out, and counts as delivered then. Where `work` throws or rejects,
 * its frame fails (`name` is the stage that is named); what was before it still comes out first. At most `concurrency`
 * frames are worked on; how many wait is up to the gate. `work` does not release its frame: it is not its to release.
 * Throws `OptionError`.
 *
 * @example
 * source.pipe(inOrder(2, async ({ data }) => (await data.data())[0])).subscribe((value) => draw(value));
 */
export function inOrder<T, R>(
  concurrency: number,
  work: (frame: Frame<T>) => Promise<R>,
  { name = 'inOrder', check }: InOrderOptions<T> = {},
): OperatorFunction<Frame<T>, R> {
  count(name, 'concurrency', concurrency);
  if (typeof work !== 'function') throw new OptionError(`${name}: work must be a function, not ${describeValue(work)}`);
  return (frames) =>
    new Observable((subscriber) => {
      const queue = new OrderedWork({ concurrency, work, name, check }, subscriber);
      subscriber.add(() => queue.stop());
      queue.start(frames);
    });
}

interface Pending<T, R> {
  readonly frame: Frame<T>;
  started: boolean;
  settled?: { readonly result: R } | { readonly failure: unknown };
}

interface Task<T, R> extends Required<InOrderOptions<T>> {
  readonly concurrency: number;
  readonly work: (frame: Frame<T>) => Promise<R>;
}

/** One subscription's frames at work. */
class OrderedWork<T, R> {
  readonly #task: Task<T, R>;
  readonly #subscriber: Subscriber<R>;
  readonly #upstream = new Subscription();
  readonly #queue: Pending<T, R>[] = [];
  #working = 0;
  #emitting = false;
  #end: { readonly error?: unknown } | undefined;

  constructor(task: Task<T, R>, subscriber: Subscriber<R>) {
    this.#task = task;
    this.#subscriber = subscriber;
  }

  start(frames: Observable<Frame<T>>): void {
    attach(frames, this.#upstream, {
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
    releaseAll(this.#queue.splice(0).map(({ frame }) => frame));
  }

  #take(frame: Frame<T>): void {
    try {
      this.#task.check?.(frame);
      this.#queue.push({ frame: frame.retain(this.#task.name), started: false });
    } catch (failure) {
      const error = this.#failureOf(frame, failure);
      if (isMisuse(error) || frame.lease.fail(error) === 'stop') {
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
      pending.settled = { result: await this.#task.work(pending.frame) };
    } catch (failure) {
      pending.settled = { failure };
    }
    this.#working--;
    if (this.#subscriber.closed) return;
    this.#emit();
    this.#startMore();
  }

  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    for (let [first] = this.#queue; first?.settled && !this.#subscriber.closed; [first] = this.#queue) {
      this.#emitOne(first.frame, first.settled);
      // The subscriber may have left, and stop() released everything.
      if (this.#queue[0] !== first) continue;
      this.#queue.shift();
      this.#release(first.frame);
    }
    this.#emitting = false;
    if (!this.#end || this.#queue.length > 0) return;
    if ('error' in this.#end) this.#subscriber.error(this.#end.error);
    else this.#subscriber.complete();
  }

  #emitOne(frame: Frame<T>, settled: { readonly result: R } | { readonly failure: unknown }): void {
    const { lease } = frame;
    if ('result' in settled) {
      lease.deliver();
      this.#subscriber.next(settled.result);
      return;
    }
    const error = this.#failureOf(frame, settled.failure);
    if (isMisuse(error) || lease.fail(error) === 'stop') this.#subscriber.error(error);
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
    const told = failure instanceof SluiceError && failure.frame !== undefined;
    return told ? failure : new StageError(this.#task.name, label, failure);
  }
}

/** A frame that is not alive is a mistake in the pipe, not a failure of the frame. */
function isMisuse(error: SluiceError): boolean {
  return error instanceof FrameReleasedError;
}
