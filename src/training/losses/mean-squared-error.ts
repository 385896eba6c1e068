import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Stage } from '../../stage/stage.ts';
import { loss, type LossOptions } from './loss.ts';
import { targetRows } from './targets.ts';

/** Options of {@link meanSquaredError}. */
export type MeanSquaredErrorOptions = LossOptions;

/**
 * Mean squared error, the loss of a model that predicts values: the mean over the outputs of (x − t)². `[batch, outputs]` → `[1]`, or
 * `[batch]` with `reduction: 'none'`. Keras `MeanSquaredError`.
 *
 * The target of a frame is a list with a number for each output; for a model with one output also a number. The loss of a frame with a `weight` is multiplied by it. Throws `OptionError` for an
 * invalid option, `ShapeError` for outputs that are not `[batch, outputs]`, and `TrainingError` for a frame without a target, or with one
 * that the outputs can't have.
 *
 * @see {@link crossEntropy}, {@link fit}
 *
 * @example
 * const frame = Frame.of(tf.tensor2d([[1, 5]]), { source: 'demo', seq: 0, timestamp: 0, target: [2, 2] });
 * of(frame).pipe(meanSquaredError()).subscribe(({ data }) => console.log(data.dataSync()[0])); // 5
 */
export function meanSquaredError(options: MeanSquaredErrorOptions = {}): Stage<Tensor2D, Tensor1D> {
  const { name = 'meanSquaredError' } = options;
  return loss(
    {
      op: 'meanSquaredError',
      arguments: {},
      losses(x, label) {
        const rows = targetRows(name, 'values', x.shape, label);
        const apart = tf.sub<Tensor2D>(x, tf.tensor2d(rows, x.shape));
        return { each: tf.mean(tf.square(apart), 1) };
      },
    },
    options,
  );
}
