import { OptionError } from '../errors/errors.ts';
import type { Levels } from '../onnx/graph-builder.ts';
import { roundHalfToEven } from '../stage/eight-bits.ts';
import { binsWithLeastLoss } from './entropy.ts';
import type { RangeMethod } from './quantize-options.ts';

/** Levels of 8 bits for values from `min` to `max`. The range is widened to hold 0, which is one of the levels. */
export function levelsFor(min: number, max: number): Levels {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zeroPoint: Math.max(0, Math.min(255, roundHalfToEven(-low / scale))) };
}

const BINS = 2048;

/** The values that come by a point: their range, and in a second pass how often they come. */
export class SeenValues {
  #min = 0;
  #max = 0;
  #counts: Float64Array | undefined;
  /** Where the first bin begins and the last one ends. */
  #bounds: readonly [number, number] = [0, 0];
  #countsMagnitudes = false;

  /** Throws `OptionError` for values that are no numbers. */
  see(values: ArrayLike<number>, name: string): void {
    if (this.#counts) {
      this.#count(values, this.#counts);
      return;
    }
    let [min, max] = [this.#min, this.#max];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value < min) min = value;
      else if (value > max) max = value;
      else if (Number.isNaN(value)) max = NaN;
    }
    if (!Number.isFinite(max - min)) {
      throw new OptionError(`${name} gives infinite values or none that are numbers: a range can't be measured`);
    }
    [this.#min, this.#max] = [min, max];
  }

  /** From now on values are counted within the range that was seen, with the method `entropy` without their signs. */
  beginCounting(method: RangeMethod = 'percentile'): void {
    this.#counts = new Float64Array(BINS);
    this.#countsMagnitudes = method === 'entropy';
    this.#bounds = this.#countsMagnitudes ? [0, Math.max(-this.#min, this.#max)] : [this.#min, this.#max];
  }

  /** The levels for all values; if they were counted, for those that lose the least, or for this share of them, in percent. */
  levels(percentile = 100): Levels {
    const counts = this.#counts;
    if (!counts) return levelsFor(this.#min, this.#max);
    if (this.#countsMagnitudes) {
      const most = (this.#bounds[1] / BINS) * binsWithLeastLoss(counts);
      return levelsFor(Math.max(this.#min, -most), Math.min(this.#max, most));
    }
    const outside = (counts.reduce((sum, count) => sum + count, 0) * (100 - percentile)) / 200;
    const width = (this.#max - this.#min) / BINS;
    return levelsFor(
      this.#min + width * emptyEnd(counts, outside),
      this.#max - width * emptyEnd(counts.toReversed(), outside),
    );
  }

  #count(values: ArrayLike<number>, counts: Float64Array): void {
    const [low, high] = this.#bounds;
    const scale = BINS / (high - low || 1);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const place = (this.#countsMagnitudes ? Math.abs(value) : value) - low;
      const bin = Math.min(BINS - 1, Math.max(0, Math.floor(place * scale)));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }
}

/** How many bins at the beginning can be left out, so that at most so many values are. */
function emptyEnd(counts: Float64Array, most: number): number {
  let sum = 0;
  const first = counts.findIndex((count) => (sum += count) > most);
  return Math.max(0, first);
}
