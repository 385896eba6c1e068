import { Observable, type OperatorFunction } from 'rxjs';
import { attach } from '../flow/attach.ts';
import type { Classification } from './classify.ts';

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
 * Joins consecutive frames of the same best class: one {@link Segment} when the class changes, the source changes, or
 * the stream ends. Frames without a class (all under `minScore`) end a segment and begin none.
 *
 * @example
 * source.pipe(net, classify({ labels }), segments()).subscribe(({ label, start, end }) => draw(label, start, end));
 */
export function segments(): OperatorFunction<Classification, Segment> {
  return (results) =>
    new Observable((subscriber) => {
      const open = new OpenSegment((segment) => subscriber.next(segment));
      attach(results, subscriber, {
        next: (result) => open.take(result),
        error: (error: unknown) => {
          open.close();
          subscriber.error(error);
        },
        complete: () => {
          open.close();
          subscriber.complete();
        },
      });
    });
}

/** The segment that is still going on. */
class OpenSegment {
  readonly #emit: (segment: Segment) => void;
  #segment: Omit<Segment, 'end'> | undefined;
  #last: Classification | undefined;
  #interval = 0;

  constructor(emit: (segment: Segment) => void) {
    this.#emit = emit;
  }

  take(result: Classification): void {
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

  /** No frame follows: the last one is given the length of the interval before it. */
  close(): void {
    if (this.#last) this.#finish(this.#last.timestamp + this.#interval);
    this.#last = undefined;
    this.#interval = 0;
  }

  #finish(end: number): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment) this.#emit({ ...segment, end });
  }
}
