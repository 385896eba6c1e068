import { WeightsError } from '../../errors/errors.ts';

/** @internal Whether a tensor may hold boxes: `[boxes, 4]`. */
export function isBoxes(shape: readonly number[]): boolean {
  return shape.length === 2 && shape[1] === 4;
}

/** @internal The error of a model that compares too many boxes with each other. */
export function tooManyBoxes(file: string, boxes: number, most: number): WeightsError {
  return new WeightsError(
    `${file} compares ${boxes} boxes with each other (NonMaxSuppression), over the limit of ${most}`,
  );
}
