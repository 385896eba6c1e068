/**
 * LeNet-5 (LeCun et al. 1998) for handwritten digits, with weights.
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

/** The digit found as MNIST's makers did, in the paper's scale: background −0.1 and ink 1.175, for a mean of about 0 and a variance of about 1. */
const PREPROCESS = { width: 32, height: 32, fit: 'digit', channels: 1, range: [-0.1, 1.175] } as const;

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

/** The digits. */
const LABELS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/**
 * Loads LeNet-5 with weights (float16, 124 kB) that `npm run train:lenet5` trained on MNIST, and its preprocessing: it finds
 * the digit in a picture, dark on light or light on dark, of any size and in any place. Weights of your own need labels of your own, else their classes are numbered.
 *
 * Throws `WeightsError` for a file that is missing, cut short or of another network, and the errors of `modelFrom`.
 *
 * @example
 * const net = await lenet5();
 * console.log(net.labels[7], net.preprocess.fit); // 7 digit
 */
export function lenet5(files: ModelFiles = {}): Promise<Model> {
  const net = lenet5Pipeline();
  // Other weights may know other classes.
  if (files.seed !== undefined || files.weights !== undefined) return modelFrom(net, PREPROCESS, files);
  const weights = new URL('./weights.safetensors', import.meta.url);
  return modelFrom(net, PREPROCESS, { labels: LABELS, ...files, weights });
}
