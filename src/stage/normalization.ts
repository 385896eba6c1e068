import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';

/**
 * How pixel values (0–255) become a model's input: spread over a range, or scaled to 0–1, less a mean, divided by a
 * standard deviation.
 *
 * @see {@link normalize}, {@link preprocess}
 */
export type NormalizeOptions =
  | {
      /** The values that 0 and 255 become, for example `[-1, 1]`. */
      readonly range: readonly [number, number];
    }
  | {
      /** What is subtracted from values scaled to 0–1: one number, or one for each channel. */
      readonly mean: number | readonly number[];
      /** What the difference is divided by: one number, or one for each channel, over 0. */
      readonly std: number | readonly number[];
    };

/** @internal The normalization alone, from options that contain others too. */
export function normalization(options: NormalizeOptions): NormalizeOptions {
  return 'range' in options ? { range: options.range } : { mean: options.mean, std: options.std };
}

/** @internal The normalization as y = x · scale + offset, one number or one per channel; throws `OptionError`. */
export function affine(options: NormalizeOptions): { scale: number[]; offset: number[] } {
  if ('range' in options) {
    if (!isRange(options.range)) {
      throw new OptionError(
        `normalize: range must be two numbers, [low, high], with low < high, not ${describeValue(options.range)}`,
      );
    }
    const [low, high] = options.range;
    return { scale: [(high - low) / 255], offset: [low] };
  }
  const [mean, std] = [[options.mean].flat(), [options.std].flat()];
  const finite = [...mean, ...std].every((value) => Number.isFinite(value));
  if (mean.length !== std.length || mean.length === 0 || !finite || std.some((deviation) => deviation <= 0)) {
    throw new OptionError(
      'normalize: mean and std must be numbers, or lists of one number per channel, and std must be over 0, ' +
        `not ${describeValue(options.mean)} and ${describeValue(options.std)} (or give range: [low, high])`,
    );
  }
  return {
    scale: std.map((deviation) => 1 / (255 * deviation)),
    offset: mean.map((value, i) => -value / (std[i] ?? 1)),
  };
}

function isRange(value: unknown): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return Number.isFinite(value[0]) && Number.isFinite(value[1]) && value[1] > value[0];
}
