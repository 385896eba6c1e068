import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Arrival } from './arrival.ts';
import type { Capacity } from './policy.ts';

/** A frame that has arrived at the gate and waits to be admitted. */
export interface BufferedFrame<T> {
  readonly data: T;
  readonly label: FrameLabel;
  readonly arrivedAt: number;
  readonly bytes: number;
  /** How many frames the source lost just before it. */
  readonly missed: number;
  /** The label, trace and view of the frame that this data had before, if it had. */
  readonly before: Arrival<T>['from'];
}

/** The frames that wait at the gate, in the order they came. */
export class FrameBuffer<T> {
  #frames: BufferedFrame<T>[] = [];
  #bytes = 0;

  get size(): number {
    return this.#frames.length;
  }

  /** How much memory all of them take. */
  get bytes(): number {
    return this.#bytes;
  }

  add(frame: BufferedFrame<T>): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
  }

  /** Takes the frame that has waited longest. */
  take(): BufferedFrame<T> | undefined {
    return this.#taken(this.#frames.shift());
  }

  /**
   * Takes a frame that is over the capacity: under `latest` the first one, else the last one. Gives undefined if there is
   * none. `spare` frames are not counted, because leases are free for them.
   */
  takeExcess({ frames, bytes, replace }: Capacity, spare: number): BufferedFrame<T> | undefined {
    const { size } = this;
    if (size <= spare || (size <= spare + frames && this.#bytes <= bytes)) return undefined;
    return replace ? this.take() : this.#taken(this.#frames.pop());
  }

  #taken(frame: BufferedFrame<T> | undefined): BufferedFrame<T> | undefined {
    this.#bytes -= frame?.bytes ?? 0;
    return frame;
  }
}
