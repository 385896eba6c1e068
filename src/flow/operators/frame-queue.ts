import { Subscription, type Observable } from 'rxjs';
import type { Frame } from '../../frames/frame.ts';
import type { Arrival } from '../gate/arrival.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { releaseAll } from '../../frames/release-all.ts';

type Answer<T> = IteratorResult<Arrival<T>, undefined>;

interface Question<T> {
  readonly resolve: (answer: Answer<T>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @internal A stream of frames as something that can be asked: what comes meanwhile is kept, with its lease, until it is
 * taken. So whoever does not ask holds the stream's gate, and nothing is lost.
 */
export class FrameQueue<T> implements AsyncIterator<Arrival<T>, undefined> {
  readonly #name: string;
  readonly #take: (frame: Frame<T>) => Arrival<T>;
  readonly #upstream = new Subscription();
  readonly #held: Frame<T>[] = [];
  #question: Question<T> | undefined;
  #ended = false;

  /** `take` says what is handed on of a frame. */
  constructor(name: string, frames: Observable<Frame<T>>, take: (frame: Frame<T>) => Arrival<T>) {
    this.#name = name;
    this.#take = take;
    // Errors of the stream end all branches at once; nobody waits for them here.
    subscribeWithin(frames, this.#upstream, {
      next: (frame) => this.#came(frame),
      error: () => this.#end(),
      complete: () => this.#end(),
    });
  }

  /** The next frame, once there is one. Asked for one at a time. */
  next(): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      this.#question = { resolve, reject };
      this.#answer();
    });
  }

  /** Nothing more is wanted. */
  async return(): Promise<Answer<T>> {
    this.#upstream.unsubscribe();
    this.#end();
    releaseAll(this.#held.splice(0));
    return { done: true, value: undefined };
  }

  #came(frame: Frame<T>): void {
    this.#held.push(frame.hold(this.#name));
    this.#answer();
  }

  #end(): void {
    this.#ended = true;
    this.#answer();
  }

  #answer(): void {
    const question = this.#question;
    const [frame] = this.#held;
    if (!question || (!frame && !this.#ended)) return;
    this.#question = undefined;
    this.#held.shift();
    if (!frame) {
      question.resolve({ done: true, value: undefined });
      return;
    }
    try {
      question.resolve({ done: false, value: this.#take(frame) });
    } catch (error) {
      question.reject(error);
    } finally {
      frame.release();
    }
  }
}
