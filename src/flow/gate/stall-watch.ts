import { describeFrame, type FrameLabel } from '../../errors/frame-label.ts';
import { StallError } from '../../errors/errors.ts';
import type { Lease } from '../../frames/lease.ts';
import { after, now } from '../../frames/clock.ts';

/** The longest timer in ms: timers have 31 bits. */
const LONGEST = 2 ** 31 - 1;

/** A timer that is this late (ms) shows that the process was stopped, or the machine asleep. */
const LATE = 5000;

/** Calls `stalled` when nothing moved for `timeout` ms. It has at most one timer, for any number of frames. */
export class StallWatch {
  readonly #timeout: () => number;
  readonly #stalled: () => void;
  #movedAt = 0;
  #callOff: (() => void) | undefined;

  constructor(timeout: () => number, stalled: () => void) {
    this.#timeout = timeout;
    this.#stalled = stalled;
  }

  /** What is watched moved: a lease was taken or released, or a frame came. */
  moved(): void {
    this.#movedAt = now();
  }

  /** Starts to watch. */
  watch(): void {
    if (this.#callOff === undefined && this.#timeout() < Infinity) this.#wait(this.#timeout());
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #wait(ms: number): void {
    const turn = Math.min(ms, LONGEST);
    const due = now() + turn;
    this.#callOff = after(turn, () => {
      this.#callOff = undefined;
      // After a stop or sleep the whole timeout starts again.
      if (now() - due > LATE) this.moved();
      const left = this.#movedAt + this.#timeout() - now();
      if (left > 0) this.#wait(left);
      else this.#stalled();
    });
  }
}

/** The error that names the frame that was admitted first, and who holds it; undefined if there is none. */
export function stallError(leases: ReadonlyMap<Lease, FrameLabel>, ms: number): StallError | undefined {
  const [held] = leases;
  if (!held) return undefined;
  const [lease, frame] = held;
  const { holder, stage } = lease.whereabouts;
  return new StallError(
    `no frame was released for ${ms} ms: frame ${describeFrame(frame)} is held by ${holder}` +
      `${stage === undefined ? '' : `, after stage ${stage}`}, and all ${leases.size} leases are taken. ` +
      'Call release() for every retain(), or raise maxInFlight or leaseTimeout.',
    { frame, stage: stage ?? holder },
  );
}
