import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Stage } from '../../stage/stage.ts';
import { classLoss, guardedLog, type ClassLossOptions, type ClassLossSettings } from './class-loss.ts';
import type { Losses } from './loss.ts';

/** Options of {@link crossEntropy}. */
export type CrossEntropyOptions = ClassLossOptions;

/** Finite scores can be so far apart that a logarithm overflows. */
const LOWEST_LOG = -1e30;

/**
 * Cross entropy, the loss of a classifier whose classes exclude each other: −Σ qᵢ ln pᵢ, where p are the probabilities that the model
 * gives and q is 1 for the frame's class and 0 for the others. `[batch, classes]` → `[1]`, or `[batch]` with `reduction: 'none'`. ONNX
 * `SoftmaxCrossEntropyLoss` and `NegativeLogLikelihoodLoss`. From logits z, ln pᵢ = zᵢ − ln Σ eᶻ.
 *
 * The target of a frame is the number of its class, or a list with a share for each class. `labelSmoothing` ε makes it
 * (1 − ε) q + ε / classes. With `classWeights` w, the loss is −Σ wᵢ qᵢ ln pᵢ, and a mean is divided by the sum of the frames' weights, as in
 * ONNX and PyTorch.
 *
 * The loss of a frame with a `weight`, which may be negative, is multiplied by it. With an action that was drawn as target and the advantage of this
 * action as weight, the gradient is that of REINFORCE (Williams 1992, "Simple statistical gradient-following algorithms for connectionist
 * reinforcement learning"); see {@link act}.
 *
 * The loss grows without bound as the probability of the class goes to 0, and is a finite number for any finite scores. Throws
 * `OptionError` for an invalid option, `ShapeError` for outputs that are not `[batch, classes]`, and `TrainingError` for a frame without
 * a target, with one that the outputs can't have, or with a weight that is not a finite number.
 *
 * @see {@link binaryCrossEntropy}, {@link meanSquaredError}, {@link labelled}, {@link fit}
 *
 * @example
 * const frame = Frame.of(tf.tensor2d([[0.87, 3.2, 0.31, 7.2, 1.2, 0.4]]), { source: 'demo', seq: 0, timestamp: 0, target: 3 });
 * of(frame).pipe(crossEntropy()).subscribe(({ data }) => console.log(data.dataSync()[0].toFixed(3))); // 0.024
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Stage<Tensor2D, Tensor1D> {
  return classLoss({ op: 'crossEntropy', targets: 'classes', losses }, options);
}

function losses(x: Tensor2D, shares: Float32Array, { from, labelSmoothing, classWeights }: ClassLossSettings): Losses {
  const classes = x.shape[1];
  let total = 0;
  const weighted = shares.map((share, i) => {
    const weight = classWeights?.[i % classes] ?? 1;
    total += weight * share;
    return weight * ((1 - labelSmoothing) * share + labelSmoothing / classes);
  });
  const logs = from === 'probabilities' ? guardedLog(x) : tf.maximum(tf.logSoftmax(x), LOWEST_LOG);
  const each = tf.neg(tf.sum(tf.mul(tf.tensor2d(weighted, x.shape), logs), 1)) as Tensor1D;
  return classWeights ? { each, total } : { each };
}
