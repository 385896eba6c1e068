import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Stage } from '../../stage/stage.ts';
import { loss, type Losses, type LossOptions } from './loss.ts';
import { targetRows, type TargetKind } from './targets.ts';
import { share } from '../../stage/arguments.ts';

/** Options of losses for classes. */
export interface ClassLossOptions extends LossOptions {
  /**
   * What the stage gets: `logits` (default), whose loss is computed without ever computing the probabilities, so that nothing overflows;
   * or `probabilities`, for which the smallest positive number of the device takes the place of 0. `fit` computes from the logits where
   * the model ends with the function that makes probabilities of them, and leaves that function out.
   */
  readonly from?: 'logits' | 'probabilities';
  /** How far targets are moved towards equal shares, from 0 to under 1 (Szegedy et al. 2016, "Rethinking the Inception architecture"). Default 0. */
  readonly labelSmoothing?: number;
  /** How much each class or label counts. Default: all 1. */
  readonly classWeights?: readonly number[];
}

/** What is different in the losses for classes. */
export interface ClassLossKind {
  readonly op: string;
  readonly targets: TargetKind;
  /** `rows` are the targets, one number for each output. */
  losses(outputs: Tensor2D, rows: Float32Array, settings: ClassLossSettings): Losses;
}

/** The options with their defaults. */
export interface ClassLossSettings {
  readonly from: ClassLossOptions['from'] | undefined;
  readonly labelSmoothing: number;
  readonly classWeights: ClassLossOptions['classWeights'] | undefined;
}

/** What losses for classes share. Throws `OptionError`. */
export function classLoss(kind: ClassLossKind, options: ClassLossOptions): Stage<Tensor2D, Tensor1D> {
  const { op } = kind;
  const { name = op, from, labelSmoothing = 0, classWeights } = options;
  checkClassLoss(name, options);
  const settings = { from, labelSmoothing, classWeights };
  return loss(
    {
      op,
      arguments: settings,
      losses(x, label) {
        checkWeights(name, classWeights, x.shape[1]);
        return kind.losses(x, targetRows(name, kind.targets, x.shape, label), settings);
      },
    },
    options,
  );
}

/** Throws `OptionError` for an option that is out of range. */
function checkClassLoss(called: string, { from, labelSmoothing, classWeights }: ClassLossOptions): void {
  const refuse = (what: string, value: unknown) => {
    throw new OptionError(`${called}: ${what}, not ${describeValue(value)}`, { stage: called });
  };
  if (from !== undefined && from !== 'logits' && from !== 'probabilities') {
    refuse("from must be 'logits' or 'probabilities'", from);
  }
  if (labelSmoothing !== undefined) share(called, 'labelSmoothing', labelSmoothing);
  if (classWeights === undefined) return;
  const isWeight = (weight: unknown) => typeof weight === 'number' && Number.isFinite(weight) && weight >= 0;
  if (
    !Array.isArray(classWeights) ||
    !Array.from(classWeights).every(isWeight) ||
    !classWeights.some((weight) => weight > 0)
  ) {
    refuse('classWeights must be a list of numbers of at least 0, not all of them 0', classWeights);
  }
}

/** Throws `OptionError` unless there is a weight for each output. */
function checkWeights(called: string, weights: readonly number[] | undefined, outputs: number): void {
  if (weights === undefined || weights.length === outputs) return;
  throw new OptionError(
    `${called}: classWeights has ${weights.length} numbers, but the model has ${outputs} outputs and needs one for each`,
    { stage: called },
  );
}

/** ln x, where a number that is 0 or too small for the device counts as the smallest one that is not. */
export function guardedLog<T extends Tensor>(x: T): T {
  return tf.log(tf.maximum(x, tf.backend().floatPrecision() === 16 ? 2 ** -14 : 2 ** -120));
}
