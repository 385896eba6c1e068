import { describeFrame, type FrameLabel } from '../../errors/frame-label.ts';
import { StallError } from '../../errors/errors.ts';
import type { Lease } from '../../frames/lease.ts';
import { after, now } from '../../frames/clock.ts';

/** Timers count their milliseconds in 31 bits. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds by which a timer is only late when nothing ran at all. */
const LATE = 5000;

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
      // A process that was stopped, or a machine that slept, has had no time to move anything: it gets it now.
      if (now() - due > LATE) this.moved();
      const left = this.#movedAt + this.#timeout() - now();
      if (left > 0) this.#wait(left);
      else this.#stalled();
    });
  }
}

/** Says which frame holds the gate, and who holds the frame: the one that was let in first, for nothing came free since. */
export function stallError(leases: ReadonlyMap<Lease, FrameLabel>, ms: number): StallError | undefined {
  const [held] = leases;
  if (!held) return undefined;
  const [lease, frame] = held;
  const { holder, stage } = lease.whereabouts;
  return new StallError(
    `nothing has come free for ${ms} ms: frame ${describeFrame(frame)} is held by ${holder}` +
      `${stage === undefined ? '' : `, after stage ${stage}`}, and all ${leases.size} leases are taken. ` +
      'Release what is retained, let more frames in (maxInFlight), or allow more time (stallTimeout).',
    { frame, stage: stage ?? holder },
  );
}
