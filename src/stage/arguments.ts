import type { Padding, Pair, Sides } from '../stage/shape.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';

/** Turns `n` or `[h, w]` into a pair of whole numbers of at least `least`; throws `OptionError` naming the argument. */
export function pair(stage: string, name: string, value: Pair, least = 1): readonly [number, number] {
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (!isPair(both, least)) {
    throw new OptionError(
      `${stage}: ${name} must be a whole number of at least ${least} or [height, width] of such, not ${describeValue(value)}`,
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

/** A whole number of at least `least`, or an `OptionError` naming the argument. */
export function count(stage: string, name: string, value: unknown, least = 1): number {
  if (isCount(value, least)) return value;
  throw new OptionError(`${stage}: ${name} must be a whole number of at least ${least}, not ${describeValue(value)}`, {
    stage,
  });
}

/** Checks a padding; throws `OptionError`. */
export function checkPadding(stage: string, padding: Padding): Padding {
  const explicit = Array.isArray(padding) && padding.length === 2 && isPair(padding[0], 0) && isPair(padding[1], 0);
  if (padding === 'valid' || padding === 'same' || isCount(padding, 0) || explicit) return padding;
  throw new OptionError(
    `${stage}: padding must be 'valid', 'same', a whole number or [[top, bottom], [left, right]], not ${describeValue(padding)}`,
    { stage },
  );
}

/** Turns `n` or `[[top, bottom], [left, right]]` into the latter; throws `OptionError` naming the argument. */
export function sides(stage: string, name: string, value: number | Sides): Sides {
  if (isCount(value, 0))
    return [
      [value, value],
      [value, value],
    ];
  if (Array.isArray(value) && value.length === 2 && isPair(value[0], 0) && isPair(value[1], 0)) return value as Sides;
  throw new OptionError(
    `${stage}: ${name} must be a whole number or [[top, bottom], [left, right]] of such, not ${describeValue(value)}`,
    { stage },
  );
}
