import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/**
 * @internal How much a cell of 32 × 32 may change in a still picture, in levels of 0–255. Noise of a camera and of its codec stays below 5,
 * and a person who crosses a square is mostly above 24 from one frame to the next.
 */
export const STILL_THRESHOLD = 8;

/** @internal Throws `OptionError` for what is no threshold. `name` is that of the option, such as `whenChanged: threshold`. */
export function checkThreshold(name: string, threshold: unknown): number {
  if (typeof threshold === 'number' && threshold >= 0 && threshold <= 255) return threshold;
  throw new OptionError(`${name} must be a number from 0 to 255, not ${describeValue(threshold)}`);
}
