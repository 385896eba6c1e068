import { after, now } from '../timing/clock.ts';

/** Notices when nothing has moved for too long. One timer at a time, however many frames go by. */
export class StallWatch {
  readonly #timeout: () => number;
  readonly #stalled: () => void;
  #movedAt = 0;
  #callOff: (() => void) | undefined;

  constructor(timeout: () => number, stalled: () => void) {
    this.#timeout = timeout;
    this.#stalled = stalled;
  }

  /** Something moved. */
  moved(): void {
    this.#movedAt = now();
  }

  /** From now on something has to move. */
  watch(): void {
    if (this.#callOff !== undefined || this.#timeout() === Infinity) return;
    this.#wait(this.#timeout());
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #wait(ms: number): void {
    this.#callOff = after(ms, () => {
      this.#callOff = undefined;
      const left = this.#movedAt + this.#timeout() - now();
      if (left > 0) this.#wait(left);
      else this.#stalled();
    });
  }
}
