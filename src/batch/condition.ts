/**
 * Lets asynchronous code wait until something holds: `until` tests it now and after each `notify`, which is called by
 * whoever changes what a test looks at.
 */
export class Condition {
  #waiting: (() => void)[] = [];

  /** Resolves with what `test` gives as soon as that is not undefined; rejects with what it throws. */
  async until<T>(test: () => T | undefined): Promise<T> {
    for (;;) {
      const value = test();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
