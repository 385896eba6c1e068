import type { Tensor } from '@tensorflow/tfjs-core';

/** What a step of an optimizer knows besides the numbers. */
export interface Step {
  readonly learningRate: number;
  /** The number of the step, from 1. */
  readonly step: number;
}

/** A rule that makes new weights of weights and gradients. */
export interface Rule {
  readonly name: string;
  /** The settings, for comparing. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  /** How many tensors of its size the rule remembers for each weight. They begin as zeros. */
  readonly memories: number;
  /** The new weight and what is remembered. All tensors are new ones; it runs in `tf.tidy`. */
  apply(weight: Tensor, gradient: Tensor, memories: readonly Tensor[], step: Step): readonly [Tensor, ...Tensor[]];
}
