import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Aggregate, StoredResult } from './frame-result.ts';
import type { Aggregator, Task } from './task.ts';

/**
 * The results that are aggregated together: those of a second of the file's time, of a scene (a shot, of a source that finds cuts), of a
 * label (consecutive results with the same first caption, or without a caption), or of the whole file.
 */
export type Span = 'second' | 'scene' | 'label' | 'file';

/** The second, scene, run of a label or file in progress. It takes results in order and passes each {@link Aggregate} to `emit` at its end. */
export class OpenSpan<T extends object> {
  readonly #span: Span;
  readonly #task: Task<T>;
  readonly #emit: (result: Aggregate<T>) => void;
  readonly #aggregator: Aggregator<T>;
  #first: StoredResult<T> | undefined;
  #last: StoredResult<T> | undefined;
  #frames = 0;
  #interval = 0;

  /** Throws `OptionError` for an unknown span or a wrong option of the task. */
  constructor(span: Span, task: Task<T>, options: object, emit: (result: Aggregate<T>) => void) {
    if (!['second', 'scene', 'label', 'file'].includes(span)) {
      throw new OptionError(`aggregate: span must be second, scene, label or file, not ${describeValue(span)}`);
    }
    this.#span = span;
    this.#task = task;
    this.#aggregator = task.aggregator(options);
    this.#emit = emit;
  }

  take(result: StoredResult<T>): void {
    if (this.#span === 'scene' && result.scene === undefined) throw new OptionError(noScene(result.source));
    const last = this.#last;
    const follows = last !== undefined && last.source === result.source && result.timestamp > last.timestamp;
    if (!follows) this.close();
    else {
      this.#interval = result.timestamp - last.timestamp;
      if (this.#keyOf(last) !== this.#keyOf(result)) this.#finish(result.timestamp);
    }
    this.#last = result;
    this.#first ??= result;
    this.#frames++;
    this.#aggregator.add(result);
  }

  /** Ends the span. The last frame is as long as the interval before it, unless its result has an `end`. */
  close(): void {
    if (this.#last) this.#finish(this.#last.end ?? this.#last.timestamp + this.#interval);
    this.#last = undefined;
    this.#interval = 0;
  }

  #finish(end: number): void {
    const [first, frames] = [this.#first, this.#frames];
    this.#first = undefined;
    this.#frames = 0;
    if (!first) return;
    const { source, seq, timestamp, scene } = first;
    const shot = this.#span === 'scene' && scene !== undefined ? { scene } : {};
    this.#emit({ source, seq, timestamp, ...shot, end, frames, ...this.#aggregator.take() });
  }

  /** Consecutive results with the same key belong to the same span. */
  #keyOf(result: StoredResult<T>): number | string | undefined {
    if (this.#span === 'second') return Math.floor(result.timestamp / 1e6);
    if (this.#span === 'scene') return result.scene;
    return this.#span === 'label' ? this.#task.captions(result)[0]?.label : '';
  }
}

function noScene(source: string): string {
  return `aggregate: the results of ${source} name no scene: read it with sample: 'scenes', or aggregate by label`;
}
