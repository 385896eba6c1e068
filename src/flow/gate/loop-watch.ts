import { now, whenSettled } from '../../frames/clock.ts';
import { HELD_UP } from '../../frames/settle.ts';

/**
 * Watches whether a frame keeps the thread busy until it ends. Newer frames have then not arrived yet: they wait in pipes and
 * sockets, and each turn of the event loop would bring the oldest one. The gate admits no frame until they have arrived, so that
 * its policy is applied to them.
 */
export class LoopWatch {
  readonly #settled: () => void;
  #arrivals = 0;
  #admittedAt = 0;
  /** Ends the wait for the event loop to turn after an admission; undefined once it has. */
  #stopWaiting: (() => void) | undefined;
  #isHeldUp = false;

  /** `settled` is called when the event loop has handed over what came during a frame. */
  constructor(settled: () => void) {
    this.#settled = settled;
  }

  /** Whether the event loop has still to hand over what came while a frame kept the thread busy. */
  get isHeldUp(): boolean {
    return this.#isHeldUp;
  }

  arrived(): void {
    this.#arrivals++;
  }

  /** A frame was admitted. */
  admitted(): void {
    this.stop();
    this.#admittedAt = now();
    this.#stopWaiting = whenSettled(
      () => this.#arrivals,
      () => {
        this.#stopWaiting = undefined;
        this.#isHeldUp = false;
        this.#settled();
      },
    );
  }

  /** A frame has ended. */
  closed(): void {
    this.#isHeldUp ||= this.#stopWaiting !== undefined && now() - this.#admittedAt >= HELD_UP;
  }

  stop(): void {
    this.#stopWaiting?.();
  }
}
