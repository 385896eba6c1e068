import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';

/**
 * How pixel values x (0–255) become a model's input. `range` excludes the others.
 *
 * - `range`: x / 255 · (high − low) + low
 * - `mean`, `std`: (x · scale − mean) / std
 *
 * @see {@link normalize}, {@link preprocess}, {@link presets}
 */
export type NormalizeOptions =
  | {
      /** The values that 0 and 255 become, for example `[-1, 1]`. */
      readonly range: readonly [number, number];
    }
  | {
      /** What is subtracted from x · scale: one number, or one for each channel of the tensor, in its order. */
      readonly mean: number | readonly number[];
      /** What the difference is divided by: one number, or one for each channel of the tensor, over 0. */
      readonly std: number | readonly number[];
      /** What x is multiplied by first, over 0. Default 1 / 255. Give 1 for a `mean` and `std` of values from 0 to 255. */
      readonly scale?: number;
    };

/** The options of both kinds, of which any may be missing. */
type Given = { readonly [Name in 'range' | 'mean' | 'std' | 'scale']?: unknown };

/** @internal The normalization alone, from options that contain others too. */
export function normalization(options: NormalizeOptions): NormalizeOptions {
  const { range, mean, std, scale }: Given = options;
  const found = range === undefined ? { mean, std, ...(scale === undefined ? {} : { scale }) } : { range };
  return found as NormalizeOptions;
}

/** @internal The normalization as y = x · scale + offset, one number or one per channel; throws `OptionError`. */
export function affine(options: NormalizeOptions): { scale: number[]; offset: number[] } {
  const { range, mean, std, scale }: Given = options;
  if (range !== undefined) {
    if (!isRange(range)) {
      throw new OptionError(
        `normalize: range must be two numbers, [low, high], with low < high, not ${describeValue(range)}`,
      );
    }
    if ([mean, std, scale].some((given) => given !== undefined)) {
      throw new OptionError('normalize: range excludes mean, std and scale: give either');
    }
    const [low, high] = range;
    return { scale: [(high - low) / 255], offset: [low] };
  }
  const [means, deviations] = [[mean].flat(), [std].flat()];
  const channels = Math.max(means.length, deviations.length);
  const fits = [means, deviations].every(({ length }) => length === 1 || (length === channels && length > 0));
  if (!fits || ![...means, ...deviations].every(Number.isFinite) || deviations.some((value) => Number(value) <= 0)) {
    throw new OptionError(
      'normalize: mean and std must be numbers, or lists of one number per channel, and std must be over 0, ' +
        `not ${describeValue(mean)} and ${describeValue(std)} (or give range: [low, high])`,
    );
  }
  const factor = scale === undefined ? 1 / 255 : Number(scale);
  if (typeof (scale ?? 0) !== 'number' || !(factor > 0 && Number.isFinite(factor))) {
    throw new OptionError(`normalize: scale must be a number over 0, such as 1 / 255, not ${describeValue(scale)}`);
  }
  const of = (list: readonly unknown[], channel: number) => Number(list[channel % list.length]);
  const each = Array.from({ length: channels }, (_, channel) => channel);
  return {
    scale: each.map((channel) => factor / of(deviations, channel)),
    offset: each.map((channel) => -of(means, channel) / of(deviations, channel)),
  };
}

function isRange(value: unknown): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  return Number.isFinite(value[0]) && Number.isFinite(value[1]) && value[1] > value[0];
}
