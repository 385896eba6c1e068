import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Arrival } from './arrival.ts';
import type { Capacity } from './policy.ts';

/** A frame that has come and is not let in yet. */
export interface BufferedFrame<T> {
  readonly data: T;
  readonly label: FrameLabel;
  readonly arrivedAt: number;
  readonly bytes: number;
  /** How many the source lost just before it. */
  readonly missed: number;
  /** The frame it was before, with its trace, where it was one. */
  readonly before: Arrival<T>['from'];
}

/** Frames in the order they came, and how much memory they hold together. */
export class FrameBuffer<T> {
  #frames: BufferedFrame<T>[] = [];
  #bytes = 0;

  get size(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frame: BufferedFrame<T>): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
  }

  /** Takes the one that has waited longest. */
  take(): BufferedFrame<T> | undefined {
    return this.#taken(this.#frames.shift());
  }

  /**
   * Takes one that finds no place: under `latest` the one that came first, else the one that came last. So many as `spare`
   * do not count: they are on their way in.
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
