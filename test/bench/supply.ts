import type { Arrival } from 'sluice';

/** Frames on demand, each made anew. Between runs the source just waits. */
export class Supply<T> implements AsyncIterable<Arrival<T>> {
  readonly #data: () => T;
  #left = 0;
  #timestamp = 0;
  #wake: (() => void) | undefined;

  constructor(data: () => T) {
    this.#data = data;
  }

  give(frames: number): void {
    this.#left = frames;
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival<T>> {
    const make = (): IteratorResult<Arrival<T>> => {
      this.#left--;
      return { done: false, value: { data: this.#data(), timestamp: this.#timestamp++ } };
    };
    const waiting = () => new Promise<void>((resolve) => (this.#wake = resolve)).then(make);
    // A result that is there is given at once, as a sync iterator would; the gate takes both.
    return { next: () => (this.#left > 0 ? (make() as never) : waiting()) };
  }
}
