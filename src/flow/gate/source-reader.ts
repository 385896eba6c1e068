import { isObservable, Subscription } from 'rxjs';
import { free } from '../../frames/free.ts';
import type { Arrival, Arrivals } from './arrival.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';

/** How a source ended: well, or with an error. */
export interface End {
  readonly error?: unknown;
}

/** Who hears what a source brings. */
export interface Receiver<T> {
  arrive(arrival: Arrival<T>): void;
  finish(end: End): void;
}

/** The gate's side towards its source: asks an iterable, listens to an Observable, and leaves either before its end. */
export class SourceReader<T> {
  /** Whether the source is asked for each frame, or brings them by itself. */
  readonly pulled: boolean;
  readonly #arrivals: Arrivals<T>;
  readonly #receiver: Receiver<T>;
  readonly #listening = new Subscription();
  #iterator: Iterator<Arrival<T>> | AsyncIterator<Arrival<T>> | undefined;
  #asking = false;
  /** The source is in the middle of `next()`. */
  #busy = false;
  #open = false;

  constructor(arrivals: Arrivals<T>, receiver: Receiver<T>) {
    this.#arrivals = arrivals;
    this.#receiver = receiver;
    this.pulled = !isObservable(arrivals);
  }

  open(): void {
    this.#open = true;
    const arrivals = this.#arrivals;
    if (isObservable(arrivals)) {
      subscribeWithin(arrivals, this.#listening, {
        next: (arrival) => this.#receiver.arrive(arrival),
        error: (error: unknown) => this.#ended({ error }),
        complete: () => this.#ended({}),
      });
      return;
    }
    try {
      this.#iterator =
        Symbol.asyncIterator in arrivals ? arrivals[Symbol.asyncIterator]() : arrivals[Symbol.iterator]();
    } catch (error) {
      this.#ended({ error });
    }
  }

  /** Whether the source can be asked for a frame now. */
  get idle(): boolean {
    return this.#open && this.#iterator !== undefined && !this.#asking;
  }

  /** Asks for one frame; false when the answer is yet to come. */
  ask(): boolean {
    this.#asking = true;
    try {
      const answer = this.#next();
      const isLeft = !this.#open;
      if (!isThenable(answer)) {
        const result = answer as IteratorResult<Arrival<T>>;
        if (isLeft && !result.done) this.#giveBack();
        this.#answered(result);
        return true;
      }
      if (isLeft) this.#giveBack();
      Promise.resolve(answer)
        .then((result) => this.#answered(result))
        .catch((error: unknown) => this.#ended({ error }));
      return false;
    } catch (error) {
      this.#ended({ error });
      return true;
    }
  }

  /** Tells a source that has not ended that nothing more is wanted. */
  leave(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listening.unsubscribe();
    // A generator can't be returned from within: one whose own doing ends the stream is given back when it has answered.
    if (!this.#busy) this.#giveBack();
  }

  #next(): IteratorResult<Arrival<T>> | PromiseLike<IteratorResult<Arrival<T>>> | undefined {
    this.#busy = true;
    try {
      return this.#iterator?.next();
    } finally {
      this.#busy = false;
    }
  }

  /** A source that fails while it is being left has nobody left to tell. */
  #giveBack(): void {
    void (async () => this.#iterator?.return?.())().catch(() => undefined);
  }

  #answered(result: IteratorResult<Arrival<T>>): void {
    this.#asking = false;
    if (result.done) this.#ended({});
    else if (this.#open) this.#receiver.arrive(result.value);
    else free(result.value.data);
  }

  #ended(end: End): void {
    this.#asking = false;
    if (!this.#open) return;
    this.#open = false;
    this.#receiver.finish(end);
  }
}

function isThenable<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}
