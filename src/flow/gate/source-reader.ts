import { isObservable, Subscription } from 'rxjs';
import { free } from '../../frames/free.ts';
import type { Arrival, Arrivals } from './arrival.ts';
import type { Capacity } from './policy.ts';
import type { DroppedArrival, SelfDropping } from './self-dropping.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';

/** How a source ended: it completed, or it failed with `error`. */
export interface End {
  readonly error?: unknown;
}

/** Gets the frames and the end of a source. */
export interface Receiver<T> {
  arrive(arrival: Arrival<T>): void;
  /** The source dropped a frame by itself, as the policy says. */
  dropped(arrival: DroppedArrival, cause: 'replaced' | 'full'): void;
  finish(end: End): void;
}

/** Reads a source: pulls an iterable, or subscribes to an Observable. Can be stopped before the source ends. */
export class SourceReader<T> {
  /** Whether the source is asked for each frame (an iterable), or emits them by itself (an Observable). */
  readonly pulled: boolean;
  readonly #arrivals: Arrivals<T>;
  readonly #receiver: Receiver<T>;
  readonly #listening = new Subscription();
  #iterator: ((Iterator<Arrival<T>> | AsyncIterator<Arrival<T>>) & Partial<SelfDropping>) | undefined;
  #asking = false;
  /** Whether a call of the iterator's `next()` is on the stack. */
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

  /** Whether the source reads on and drops frames by itself. */
  get dropsItself(): boolean {
    return this.#iterator?.keep !== undefined;
  }

  /** Tells a source that drops frames by itself what to keep. */
  keep(capacity: Capacity): void {
    this.#iterator?.keep?.(capacity, (arrival, cause) => {
      if (this.#open) this.#receiver.dropped(arrival, cause);
    });
  }

  /** Whether a frame is waited for: one was asked for, or the source emits by itself. */
  get awaited(): boolean {
    return this.#open && (this.#asking || !this.pulled);
  }

  /** Whether the source can be asked for a frame now. */
  get idle(): boolean {
    return this.#open && this.#iterator !== undefined && !this.#asking;
  }

  /** Asks for one frame. False: the answer comes later. */
  ask(): boolean {
    this.#asking = true;
    try {
      const answer = this.#next();
      const isStopped = !this.#open;
      if (!isThenable(answer)) {
        const result = answer as IteratorResult<Arrival<T>>;
        if (isStopped && !result.done) this.#returnIterator();
        this.#answered(result);
        return true;
      }
      if (isStopped) this.#returnIterator();
      Promise.resolve(answer)
        .then((result) => this.#answered(result))
        .catch((error: unknown) => this.#ended({ error }));
      return false;
    } catch (error) {
      this.#ended({ error });
      return true;
    }
  }

  /** Stops a source that has not ended. */
  stop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listening.unsubscribe();
    // A generator can't be returned while its own code runs: then it is returned after it has answered.
    if (!this.#busy) this.#returnIterator();
  }

  #next(): IteratorResult<Arrival<T>> | PromiseLike<IteratorResult<Arrival<T>>> | undefined {
    this.#busy = true;
    try {
      return this.#iterator?.next();
    } finally {
      this.#busy = false;
    }
  }

  /** Ends the iterator. An error of that is dropped: the stream has ended already. */
  #returnIterator(): void {
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
