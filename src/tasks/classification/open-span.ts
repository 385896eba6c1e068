import { count } from '../../stage/arguments.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Result } from './result.ts';
import type { ClassScore } from './top-classes.ts';

/**
 * What results are put together by: a second of the file's time, a scene (consecutive frames with the same best class, or
 * all without one), or the whole file.
 */
export type Span = 'second' | 'scene' | 'file';

/** Options of {@link aggregate}. */
export interface AggregateOptions {
  /** How many classes to give, best first. Default 5. */
  readonly top?: number;
  /** Classes whose mean is under this are left out. Default 0. */
  readonly minScore?: number;
}

/** The mean of several frames' results. */
export type Aggregate = Result & Required<Pick<Result, 'frames' | 'end'>>;

/**
 * The second, scene or file that is still going on: takes results in order, gives each {@link Aggregate} to `emit` when it
 * is over; see {@link aggregate}. Throws `OptionError`.
 *
 * @example
 * const open = new OpenSpan('file', { top: 1 }, ({ frames, classes }) => draw(frames, classes[0]));
 * open.take(result);
 * open.close();
 */
export class OpenSpan {
  readonly #span: Span;
  readonly #top: number;
  readonly #minScore: number;
  readonly #emit: (result: Aggregate) => void;
  readonly #sums = new Map<number, { label: string; sum: number }>();
  #first: Result | undefined;
  #last: Result | undefined;
  #frames = 0;
  #interval = 0;

  constructor(span: Span, { top = 5, minScore = 0 }: AggregateOptions, emit: (result: Aggregate) => void) {
    if (!['second', 'scene', 'file'].includes(span)) {
      throw new OptionError(`aggregate: it goes by second, scene or file, not by ${describeValue(span)}`);
    }
    count('aggregate', 'top', top);
    if (typeof minScore !== 'number' || !(minScore <= 1)) {
      throw new OptionError(`aggregate: minScore must be a number up to 1, not ${describeValue(minScore)}`);
    }
    this.#span = span;
    this.#top = top;
    this.#minScore = minScore;
    this.#emit = emit;
  }

  take(result: Result): void {
    const last = this.#last;
    const follows = last !== undefined && last.source === result.source && result.timestamp > last.timestamp;
    if (!follows) this.close();
    else {
      this.#interval = result.timestamp - last.timestamp;
      if (keyOf(this.#span, last) !== keyOf(this.#span, result)) this.#finish(result.timestamp);
    }
    this.#last = result;
    this.#first ??= result;
    this.#frames++;
    for (const { index, label, score } of result.classes) {
      const entry = this.#sums.get(index);
      if (entry) entry.sum += score;
      else this.#sums.set(index, { label, sum: score });
    }
  }

  /** No frame follows. */
  close(): void {
    if (this.#last) this.#finish(this.#last.end ?? this.#last.timestamp + this.#interval);
    this.#last = undefined;
    this.#interval = 0;
  }

  #finish(end: number): void {
    const [first, frames] = [this.#first, this.#frames];
    const classes = this.#means();
    this.#first = undefined;
    this.#frames = 0;
    this.#sums.clear();
    if (!first) return;
    const { source, seq, timestamp } = first;
    this.#emit({ source, seq, timestamp, end, frames, classes });
  }

  #means(): ClassScore[] {
    return [...this.#sums]
      .map(([index, { label, sum }]) => ({ index, label, score: sum / this.#frames }))
      .filter(({ score }) => score >= this.#minScore)
      .toSorted((a, b) => b.score - a.score || a.index - b.index)
      .slice(0, this.#top);
  }
}

/** Frames with the same one belong together. */
function keyOf(span: Span, { timestamp, classes }: Result): number | string | undefined {
  if (span === 'second') return Math.floor(timestamp / 1e6);
  return span === 'scene' ? classes[0]?.label : '';
}
