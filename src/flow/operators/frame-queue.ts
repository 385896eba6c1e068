import { Subscription, type Observable } from 'rxjs';
import { Frame } from '../../frames/frame.ts';
import { releaseAll } from '../../frames/release-all.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';

type Answer<R> = IteratorResult<R, undefined>;

interface Request<R> {
  readonly resolve: (answer: Answer<R>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @internal A stream as an async iterator. Frames are kept, with their leases, until `next()` takes them; so a slow reader holds back the
 * gate of the stream, and no frame is lost. Other values wait as they are. An error of the stream comes after what waits.
 */
export class FrameQueue<T, R> implements AsyncIterator<R, undefined> {
  readonly #name: string;
  readonly #take: (value: T) => R;
  readonly #upstream = new Subscription();
  readonly #held: T[] = [];
  #request: Request<R> | undefined;
  #end: { readonly error?: unknown } | undefined;

  /** `take` turns a frame into the value that `next()` gives; the queue releases the frame when it has returned. */
  constructor(name: string, values: Observable<T>, take: (value: T) => R) {
    this.#name = name;
    this.#take = take;
    subscribeWithin(values, this.#upstream, {
      next: (value) => this.#add(value),
      error: (error: unknown) => this.#finish({ error }),
      complete: () => this.#finish({}),
    });
  }

  /** The next value, once there is one. One call at a time. */
  next(): Promise<Answer<R>> {
    return new Promise((resolve, reject) => {
      this.#request = { resolve, reject };
      this.#answer();
    });
  }

  /** Ends the stream and releases the frames that are kept. */
  async return(): Promise<Answer<R>> {
    this.#upstream.unsubscribe();
    releaseAll(this.#held.splice(0).filter((value) => value instanceof Frame));
    this.#finish({});
    return { done: true, value: undefined };
  }

  #add(value: T): void {
    if (value instanceof Frame) value.hold(this.#name);
    this.#held.push(value);
    this.#answer();
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#answer();
  }

  #answer(): void {
    const request = this.#request;
    if (!request) return;
    if (this.#held.length > 0) {
      this.#request = undefined;
      const value = this.#held.shift() as T;
      try {
        request.resolve({ done: false, value: this.#take(value) });
      } catch (error) {
        request.reject(error);
      } finally {
        release(value);
      }
    } else if (this.#end) {
      this.#request = undefined;
      const { error } = this.#end;
      const isError = 'error' in this.#end;
      // It is given once; then the queue is at its end.
      this.#end = {};
      if (isError) request.reject(error);
      else request.resolve({ done: true, value: undefined });
    }
  }
}

function release(value: unknown): void {
  if (value instanceof Frame) value.release();
}
