import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Stage } from '../../stage/stage.ts';
import { classLoss, guardedLog, type ClassLossOptions, type ClassLossSettings } from './class-loss.ts';
import type { Losses } from './loss.ts';

/** Options of {@link binaryCrossEntropy}. */
export type BinaryCrossEntropyOptions = ClassLossOptions;

/**
 * Binary cross entropy, the loss of a model that gives a score to each of several labels which may be true together: the mean over the labels
 * of −(t ln p + (1 − t) ln(1 − p)). `[batch, labels]` → `[1]`, or `[batch]` with `reduction: 'none'`. Keras `BinaryCrossentropy`. From
 * logits z, it is max(z, 0) − z t + ln(1 + e^−|z|).
 *
 * The target of a frame is a list with a 0 or 1 (or a number between) for each label; for a model with one output also a number. For
 * several outputs, a number is the only label that is true. `labelSmoothing` ε makes t (1 − ε) t + ε / 2. With `classWeights` the mean over
 * the labels is weighted.
 *
 * The loss of a frame with a `weight` is multiplied by it. Throws `OptionError` for an invalid option, `ShapeError` for outputs that are not `[batch, labels]`, and `TrainingError` for a frame
 * without a target, or with one that the outputs can't have.
 *
 * @see {@link crossEntropy}, {@link fit}
 *
 * @example
 * const frame = Frame.of(tf.tensor2d([[0, 20]]), { source: 'demo', seq: 0, timestamp: 0, target: [1, 1] });
 * of(frame).pipe(binaryCrossEntropy()).subscribe(({ data }) => console.log(data.dataSync()[0].toFixed(3))); // 0.347
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): Stage<Tensor2D, Tensor1D> {
  return classLoss({ op: 'binaryCrossEntropy', targets: 'labels', losses }, options);
}

function losses(x: Tensor2D, rows: Float32Array, { from, labelSmoothing, classWeights }: ClassLossSettings): Losses {
  const smoothed = rows.map((target) => (1 - labelSmoothing) * target + labelSmoothing / 2);
  const each = (from === 'probabilities' ? ofProbabilities : ofLogits)(x, tf.tensor2d(smoothed, x.shape));
  if (!classWeights) return { each: tf.mean(each, 1) };
  const total = classWeights.reduce((sum, weight) => sum + weight, 0);
  const shares = tf.tensor1d(classWeights.map((weight) => weight / total));
  return { each: tf.sum(tf.mul(each, shares), 1) };
}

/** With max(z, 0) as (|z| + z) / 2: the gradient of the former at 0, where the logits of a new model may be, is 0 and not 1/2. */
function ofLogits(x: Tensor2D, targets: Tensor2D): Tensor2D {
  const away = tf.abs(x);
  const line = tf.add(tf.mul(away, 0.5), tf.mul(x, tf.sub(0.5, targets)));
  return tf.add(line, tf.log1p(tf.exp(tf.neg(away))));
}

function ofProbabilities(x: Tensor2D, targets: Tensor2D): Tensor2D {
  const [yes, no] = [guardedLog(x), guardedLog(tf.sub<Tensor2D>(1, x))];
  return tf.neg(tf.add(tf.mul(targets, yes), tf.mul(tf.sub(1, targets), no)));
}
