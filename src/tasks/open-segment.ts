import type { StoredResult } from './frame-result.ts';
import type { Task } from './task.ts';

/** A stretch of time over which the first caption of the results was the same. */
export interface Segment {
  readonly source: string;
  readonly label: string;
  /** Timestamp of its first frame, in microseconds. */
  readonly start: number;
  /**
   * Where the next frame with another label, or none, begins, in microseconds. At the end of a source it is one frame after
   * the last; of a source with a single frame the length is unknown, and `end` is `start`.
   */
  readonly end: number;
  /** The highest score in it. */
  readonly peakScore: number;
}

/** The segment in progress: takes results in order and gives each {@link Segment} to `emit` when it is over. */
export class OpenSegment {
  readonly #task: Pick<Task, 'captions'>;
  readonly #emit: (segment: Segment) => void;
  #segment: Omit<Segment, 'end'> | undefined;
  #last: StoredResult<object> | undefined;
  #interval = 0;

  constructor(task: Pick<Task, 'captions'>, emit: (segment: Segment) => void) {
    this.#task = task;
    this.#emit = emit;
  }

  take(result: StoredResult<object>): void {
    const last = this.#last;
    const follows = last !== undefined && last.source === result.source && result.timestamp > last.timestamp;
    if (!follows) this.close();
    else this.#interval = result.timestamp - last.timestamp;
    this.#last = result;
    const [best] = this.#task.captions(result);
    if (this.#segment && best?.label === this.#segment.label) {
      this.#segment = { ...this.#segment, peakScore: Math.max(this.#segment.peakScore, best.score) };
      return;
    }
    this.#finish(result.timestamp);
    const { source, timestamp: start } = result;
    if (best) this.#segment = { source, label: best.label, start, peakScore: best.score };
  }

  /** No frame follows: the last one is as long as the interval before it, unless the result has an end of its own. */
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
