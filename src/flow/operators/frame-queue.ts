import { Subscription, type Observable } from 'rxjs';
import type { Frame } from '../../frames/frame.ts';
import type { Arrival } from '../gate/arrival.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { releaseAll } from '../../frames/release-all.ts';

type Answer<T> = IteratorResult<Arrival<T>, undefined>;

interface Request<T> {
  readonly resolve: (answer: Answer<T>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @internal A stream of frames as an async iterator. Frames are kept, with their leases, until `next()` takes them; so a
 * slow reader holds back the gate of the stream, and no frame is lost.
 */
export class FrameQueue<T> implements AsyncIterator<Arrival<T>, undefined> {
  readonly #name: string;
  readonly #take: (frame: Frame<T>) => Arrival<T>;
  readonly #upstream = new Subscription();
  readonly #held: Frame<T>[] = [];
  #request: Request<T> | undefined;
  #ended = false;

  /** `take` turns a frame into the value that `next()` gives. */
  constructor(name: string, frames: Observable<Frame<T>>, take: (frame: Frame<T>) => Arrival<T>) {
    this.#name = name;
    this.#take = take;
    // An error of the stream ends the queue; `branch` reports it.
    subscribeWithin(frames, this.#upstream, {
      next: (frame) => this.#add(frame),
      error: () => this.#end(),
      complete: () => this.#end(),
    });
  }

  /** The next frame, once there is one. One call at a time. */
  next(): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      this.#request = { resolve, reject };
      this.#answer();
    });
  }

  /** Ends the stream and releases the frames that are kept. */
  async return(): Promise<Answer<T>> {
    this.#upstream.unsubscribe();
    this.#end();
    releaseAll(this.#held.splice(0));
    return { done: true, value: undefined };
  }

  #add(frame: Frame<T>): void {
    this.#held.push(frame.hold(this.#name));
    this.#answer();
  }

  #end(): void {
    this.#ended = true;
    this.#answer();
  }

  #answer(): void {
    const request = this.#request;
    const [frame] = this.#held;
    if (!request || (!frame && !this.#ended)) return;
    this.#request = undefined;
    this.#held.shift();
    if (!frame) {
      request.resolve({ done: true, value: undefined });
      return;
    }
    try {
      request.resolve({ done: false, value: this.#take(frame) });
    } catch (error) {
      request.reject(error);
    } finally {
      frame.release();
    }
  }
}
