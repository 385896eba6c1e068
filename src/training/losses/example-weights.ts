import { describeValue } from '../../errors/describe-value.ts';
import { TrainingError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';

/**
 * How much each frame of a batch counts, or undefined where no frame has a weight. Throws `TrainingError` for a weight that is not a finite number
 * in single precision, and for another number of weights than frames.
 */
export function exampleWeights(
  stage: string,
  batch: number,
  label: FrameLabel | undefined,
): readonly number[] | undefined {
  const weights = label?.weights ?? (label?.weight === undefined ? undefined : [label.weight]);
  if (!label || !weights) return undefined;
  const refuse = (what: string) => {
    throw new TrainingError(`${stage}: ${what}`, { stage, frame: label });
  };
  if (!Array.isArray(weights) || weights.length !== batch) {
    refuse(`weights must be a list with one for each of ${batch} frames, not ${describeValue(weights)}`);
  }
  const isWeight = (weight: unknown) => typeof weight === 'number' && Number.isFinite(Math.fround(weight));
  const odd = weights.findIndex((weight) => !isWeight(weight));
  if (odd >= 0) {
    refuse(
      `the weight of an example must be a finite number, not ${describeValue(weights[odd])}: leave it out to count the example once`,
    );
  }
  return weights;
}
