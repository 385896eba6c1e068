/**
 * LeNet-5 (LeCun et al. 1998) for handwritten digits. It comes without weights.
 *
 * @module sluice/pipelines/lenet5
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  avgPool,
  conv2d,
  dense,
  flatten,
  modelFrom,
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';

/**
 * The paper's scale, background −0.1 and ink 1.175, which gives digits a mean of 0 and a variance of 1. The ink must be
 * brighter than the background, as in MNIST.
 */
const PREPROCESS = { width: 32, height: 32, fit: 'contain', channels: 1, range: [-0.1, 1.175] } as const;

/**
 * LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition") for
 * handwritten digits; `[1, 32, 32, 1]` → `[1, 10]`, 61,706 parameters.
 *
 * This is the form in common use today: C3 uses all channels of S2, the pooling layers have no weights, tanh is not scaled,
 * and softmax replaces the radial basis functions.
 *
 * @example
 * console.log(lenet5Pipeline().summary().parameters); // 61706
 */
export function lenet5Pipeline(): Pipeline<Tensor4D, Tensor2D> {
  return pipeline(
    { name: 'lenet5', inputShape: [1, 32, 32, 1] },
    conv2d({ name: 'c1', filters: 6, kernelSize: 5, activation: 'tanh' }),
    avgPool({ name: 's2', poolSize: 2 }),
    conv2d({ name: 'c3', filters: 16, kernelSize: 5, activation: 'tanh' }),
    avgPool({ name: 's4', poolSize: 2 }),
    conv2d({ name: 'c5', filters: 120, kernelSize: 5, activation: 'tanh' }),
    flatten(),
    dense({ name: 'f6', units: 84, activation: 'tanh' }),
    dense({ name: 'logits', units: 10 }),
    softmax(),
  );
}

/**
 * Loads LeNet-5 with your weights, or random ones, and its preprocessing. Throws the errors of `modelFrom`.
 *
 * @example
 * const net = await lenet5({ seed: 1 });
 * console.log(net.preprocess.channels, net.labels.length); // 1 10
 */
export function lenet5(files: ModelFiles = {}): Promise<Model> {
  return modelFrom(lenet5Pipeline(), PREPROCESS, files);
}
