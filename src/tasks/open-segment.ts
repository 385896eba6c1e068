import type { StoredResult } from './frame-result.ts';
import type { Task } from './task.ts';

/** A period in which all results have the same first caption. */
export interface Segment {
  readonly source: string;
  readonly label: string;
  /** The timestamp of the first frame, in microseconds. */
  readonly start: number;
  /**
   * The timestamp of the next frame with another label or no label, in microseconds. At the end of a source it is the last
   * frame's time plus the last interval between frames. For a source with a single frame it equals `start`.
   */
  readonly end: number;
  /** The highest score of the label in this period. */
  readonly peakScore: number;
}

/** The segment in progress. It takes results in order and passes each {@link Segment} to `emit` when the segment ends. */
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

  /** Ends the segment. The last frame is as long as the interval before it, unless its result has an `end`. */
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
