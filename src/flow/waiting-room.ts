import type { FrameLabel } from '../errors.ts';
import type { Trace } from '../timing/passport.ts';

/** A frame that has come and is not let in yet. */
export interface Waiting<T> {
  readonly data: T;
  readonly label: FrameLabel;
  readonly arrivedAt: number;
  readonly bytes: number;
  /** The passport it came with. */
  readonly before: Trace | undefined;
}

/** Frames in the order they came, and how much memory they hold together. */
export class WaitingRoom<T> {
  #frames: Waiting<T>[] = [];
  #bytes = 0;

  get size(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frame: Waiting<T>): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
  }

  /** Takes the one that has waited longest. */
  take(): Waiting<T> | undefined {
    return this.#taken(this.#frames.shift());
  }

  /** Takes the one that came last. */
  takeNewest(): Waiting<T> | undefined {
    return this.#taken(this.#frames.pop());
  }

  #taken(frame: Waiting<T> | undefined): Waiting<T> | undefined {
    this.#bytes -= frame?.bytes ?? 0;
    return frame;
  }
}
