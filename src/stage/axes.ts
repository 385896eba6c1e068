import { describeValue } from '../errors/describe-value.ts';
import { OptionError, ShapeError } from '../errors/errors.ts';
import { describeShape, type Shape } from './shape.ts';

// The arithmetic of dimensions that an option names; no tensor is allocated.

/** The shape with its dimensions in another order. */
export function transposedShape(input: Shape, perm: readonly number[]): Shape {
  return perm.map((dimension) => input[dimension] ?? 0);
}

/** Whether the order of the values stays the same, because only dimensions of one value move. The batch is taken as many. */
export function keepsOrder(input: Shape, perm: readonly number[]): boolean {
  const moved = perm.filter((dimension) => dimension === 0 || input[dimension] !== 1);
  return moved.every((dimension, i) => i === 0 || dimension > (moved[i - 1] ?? 0));
}

/** Throws `OptionError` unless it can be an axis: a whole number but 0, the batch. Negative ones count from the end. */
export function checkAxis(called: string, axis: unknown): void {
  if (Number.isSafeInteger(axis) && axis !== 0) return;
  throw new OptionError(
    `${called}: axis must be a dimension after the batch, counted from 1, or from the end as −1, −2 …, not ${describeValue(axis)}`,
    { stage: called },
  );
}

/** The axis counted from 0, where the input has it. Throws `ShapeError` for one that it has not. */
export function axisOf(input: Shape, axis: number): number {
  const found = axis < 0 ? input.length + axis : axis;
  if (found >= 1 && found < input.length) return found;
  throw new ShapeError(`needs a dimension ${axis} after the batch, but got ${describeShape(input)}`);
}
