/** Lets asynchronous code wait for a change of state: `until` runs its test at once and after each `notify`. */
export class Condition {
  #waiting: (() => void)[] = [];

  /** Resolves with the first value of `test` that is not undefined. Rejects with what `test` throws. */
  async until<T>(test: () => T | undefined): Promise<T> {
    for (;;) {
      const value = test();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Runs all waiting tests again. Call it after each change of what a test reads. */
  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
