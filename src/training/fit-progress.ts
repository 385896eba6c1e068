import type { Model } from '../models/model.ts';

/** A loss, and how many of the examples were right. */
export interface Score {
  /** The mean loss of the examples. */
  readonly loss: number;
  /** The share of examples that were right, 0 to 1. Absent where the loss knows no right or wrong. */
  readonly accuracy?: number;
  /** The number of examples. */
  readonly examples: number;
}

/** What {@link fit} tells after each step, and at the end of each epoch. */
export interface FitProgress<T extends object = object, O extends object = object> extends Score {
  /** `step`: the numbers are those of one batch, before the step. `epoch`: they are those of the whole epoch, and `model` is new. */
  readonly kind: 'step' | 'epoch';
  /** The number of the epoch, from 1. */
  readonly epoch: number;
  /** The number of steps so far, in all epochs. */
  readonly step: number;
  /** The learning rate of the last step. */
  readonly learningRate: number;
  /** How many examples a second the epoch has learned from so far. */
  readonly examplesPerSecond: number;
  /** At the end of an epoch: the score on the examples of `validation`. */
  readonly validation?: Score;
  /** With `earlyStopping`, at the end of the training: the epoch whose weights `model` has. */
  readonly bestEpoch?: number;
  /** The model as it was at the end of the last epoch; in the first epoch, as it was at the beginning. */
  readonly model: Model<T, O>;
}
