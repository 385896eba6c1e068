import type { Tensor } from '@tensorflow/tfjs-core';

/** What a stage can use while the model that it is in is trained: see `training` in `StageDefinition`. */
export interface TrainingPass {
  /** Gives random numbers from 0 to under 1. They follow from the seed of the training. */
  random(): number;
  /**
   * Sets the value that a weight has after this step, for weights that no gradient changes, such as a running mean. The tensor belongs to
   * the training from then on.
   */
  update(weight: string, value: Tensor): void;
}

/** @internal The pass of a stage inside another one, where its weights have longer names. */
export function passWithin(prefix: string, pass: TrainingPass | undefined): TrainingPass | undefined {
  return pass && { random: () => pass.random(), update: (weight, value) => pass.update(`${prefix}${weight}`, value) };
}
