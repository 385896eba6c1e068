import type { Pair, Sides } from '../stage/shape.ts';
import type { Padding } from '../stage/window.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';

/** Returns `n` or `[h, w]` as a pair; throws `OptionError` unless both are whole numbers of at least `least`. */
export function pair(stage: string, name: string, value: Pair, least = 1): readonly [number, number] {
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (!isPair(both, least)) {
    throw new OptionError(
      `${stage}: ${name} must be a whole number of at least ${least} or two of them, [height, width], not ${describeValue(value)}`,
      { stage },
    );
  }
  return both;
}

function isPair(value: unknown, least: number): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && isCount(value[0], least) && isCount(value[1], least);
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** Returns the value if it is a whole number of at least `least`; otherwise throws `OptionError`. */
export function count(stage: string, name: string, value: unknown, least = 1): number {
  if (isCount(value, least)) return value;
  throw new OptionError(`${stage}: ${name} must be a whole number of at least ${least}, not ${describeValue(value)}`, {
    stage,
  });
}

/** Returns the value if it is a finite number from 0 to `most`; otherwise throws `OptionError`. `others` says what else it can be. */
export function numberUpTo(stage: string, name: string, value: unknown, most: number, others = ''): number {
  if (typeof value === 'number' && value >= 0 && value <= most && value < Infinity) return value;
  const range = most < Infinity ? `from 0 to ${most}` : 'of at least 0';
  throw new OptionError(`${stage}: ${name} must be a number ${range}${others}, not ${describeValue(value)}`, { stage });
}

/** Returns the value if it is a number from 0 to under 1; otherwise throws `OptionError`. */
export function share(stage: string, name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw new OptionError(`${stage}: ${name} must be a number from 0 to under 1, not ${describeValue(value)}`, { stage });
}

/** Returns the seed if it is a whole number; otherwise throws `OptionError`. */
export function wholeSeed(stage: string, seed: unknown): number {
  if (Number.isSafeInteger(seed)) return seed as number;
  throw new OptionError(`${stage}: seed must be a whole number, not ${describeValue(seed)}`, { stage });
}

/** Returns the padding if it is one; otherwise throws `OptionError`. */
export function checkPadding(stage: string, padding: Padding): Padding {
  const explicit = Array.isArray(padding) && padding.length === 2 && isPair(padding[0], 0) && isPair(padding[1], 0);
  if (padding === 'valid' || padding === 'same' || isCount(padding, 0) || explicit) return padding;
  throw new OptionError(
    `${stage}: padding must be 'valid', 'same', a whole number or [[top, bottom], [left, right]], not ${describeValue(padding)}`,
    { stage },
  );
}

/** Returns `n` or `[[top, bottom], [left, right]]` as the latter; throws `OptionError` for anything else. */
export function sides(stage: string, name: string, value: number | Sides): Sides {
  if (isCount(value, 0))
    return [
      [value, value],
      [value, value],
    ];
  if (Array.isArray(value) && value.length === 2 && isPair(value[0], 0) && isPair(value[1], 0)) return value as Sides;
  throw new OptionError(
    `${stage}: ${name} must be a whole number of at least 0 or four of them, [[top, bottom], [left, right]], not ${describeValue(value)}`,
    { stage },
  );
}
