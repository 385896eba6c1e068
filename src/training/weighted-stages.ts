import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Shape } from '../stage/shape.ts';
import { shapesThrough } from '../stage/shapes-through.ts';
import type { NamedStage } from '../stage/stage.ts';

/** Where the stages with weights are in a row of stages. */
export function weightedPlaces(parts: readonly NamedStage[], input: Shape): readonly number[] {
  const shapes = shapesThrough(parts, input);
  return parts.flatMap(({ stage }, i) => (Object.keys(stage.weightShapes(shapes[i] ?? input)).length > 0 ? [i] : []));
}

/** Throws `OptionError` for what is not a number of stages with weights that can be trained. */
export function checkTrainable(called: string, trainable: unknown, most: number): void {
  if (Number.isSafeInteger(trainable) && (trainable as number) >= 1 && (trainable as number) <= most) return;
  throw new OptionError(
    `${called}: trainable must be from 1 to ${most}, the number of stages with weights, not ${describeValue(trainable)}`,
  );
}
