import type { Result } from './result.ts';

/** A stretch of time over which the best class was the same. */
export interface Segment {
  readonly source: string;
  readonly label: string;
  /** Timestamp of its first frame, µs. */
  readonly start: number;
  /**
   * Where the next frame with another class, or none, begins, µs; at the end of a source, one frame after the last (of a
   * source's only frame nobody can tell how long it was: `start`).
   */
  readonly end: number;
  /** The highest score in it. */
  readonly peakScore: number;
}

/**
 * The segment that is still going on: takes results in order, gives each {@link Segment} to `emit` when it is over.
 *
 * @example
 * const open = new OpenSegment(({ label, start, end }) => draw(label, start, end));
 * open.take(result);
 * open.close();
 */
export class OpenSegment {
  readonly #emit: (segment: Segment) => void;
  #segment: Omit<Segment, 'end'> | undefined;
  #last: Result | undefined;
  #interval = 0;

  constructor(emit: (segment: Segment) => void) {
    this.#emit = emit;
  }

  take(result: Result): void {
    const last = this.#last;
    const follows = last !== undefined && last.source === result.source && result.timestamp > last.timestamp;
    if (!follows) this.close();
    else this.#interval = result.timestamp - last.timestamp;
    this.#last = result;
    const best = result.classes[0];
    if (this.#segment && best?.label === this.#segment.label) {
      this.#segment = { ...this.#segment, peakScore: Math.max(this.#segment.peakScore, best.score) };
      return;
    }
    this.#finish(result.timestamp);
    const { source, timestamp: start } = result;
    if (best) this.#segment = { source, label: best.label, start, peakScore: best.score };
  }

  /** No frame follows: the last one is given the length of the interval before it, if it does not know its own. */
  close(): void {
    if (this.#last) this.#finish(this.#last.end ?? this.#last.timestamp + this.#interval);
    this.#last = undefined;
    this.#interval = 0;
  }

  #finish(end: number): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment) this.#emit({ ...segment, end });
  }
}
