/** The last so many of what came. */
export class Ring<T> {
  readonly #size: number;
  #items: T[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  push(item: T): void {
    this.#items.push(item);
    // Cut in large pieces, so that each costs little.
    if (this.#items.length >= 2 * this.#size) this.#items = this.#items.slice(-this.#size);
  }

  get items(): readonly T[] {
    return this.#items.slice(-this.#size);
  }
}
