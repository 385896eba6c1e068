/**
 * A small network in the style of AlexNet (Krizhevsky et al. 2012) for pictures of 32×32, with weights that it has learned from CIFAR-10.
 *
 * @module sluice/pipelines/alexnet-cifar10
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  conv2d,
  dense,
  dropout,
  flatten,
  maxPool,
  modelFrom,
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';

/** The mean and the deviation of the training pictures of CIFAR-10, for values from 0 to 1. */
const PREPROCESS = {
  width: 32,
  height: 32,
  fit: 'cover',
  mean: [0.491, 0.482, 0.447],
  std: [0.247, 0.243, 0.262],
} as const;

/**
 * The ten classes of CIFAR-10, in the order of its numbers.
 *
 * @example
 * console.log(CIFAR10_LABELS[3]); // cat
 */
export const CIFAR10_LABELS: readonly string[] = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
  ...['dog', 'frog', 'horse', 'ship', 'truck'],
];

/** Options of {@link alexnetCifar10Pipeline}. */
export interface AlexnetCifar10Options {
  /** The width and height of pictures in pixels, a multiple of 8. Default 32. */
  readonly size?: number;
  /** How many classes there are. Default 10. */
  readonly classes?: number;
}

/**
 * AlexNet's row of stages (Krizhevsky, Sutskever & Hinton 2012, "ImageNet Classification with Deep Convolutional Neural Networks") at a size for small pictures:
 * a convolution and a pool twice, two convolutions and a pool, two dense layers; `[1, 32, 32, 3]` → `[1, 10]`, 241,658 parameters.
 *
 * @example
 * console.log(alexnetCifar10Pipeline().summary().parameters); // 241658
 */
export function alexnetCifar10Pipeline({ size = 32, classes = 10 }: AlexnetCifar10Options = {}): Pipeline<
  Tensor4D,
  Tensor2D
> {
  const convolution = { kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  return pipeline(
    { name: 'alexnet-cifar10', inputShape: [1, size, size, 3] },
    conv2d({ ...convolution, name: 'conv1', filters: 24, kernelSize: 5 }),
    maxPool({ name: 'pool1', poolSize: 2 }),
    conv2d({ ...convolution, name: 'conv2', filters: 48 }),
    maxPool({ name: 'pool2', poolSize: 2 }),
    conv2d({ ...convolution, name: 'conv3', filters: 96 }),
    conv2d({ ...convolution, name: 'conv4', filters: 64 }),
    maxPool({ name: 'pool4', poolSize: 2 }),
    flatten(),
    dropout({ rate: 0.3 }),
    dense({ name: 'fc5', units: 128, activation: 'relu' }),
    dense({ name: 'logits', units: classes }),
    softmax(),
  );
}

/**
 * Loads the network with weights (float16, 484 kB) that `npm run train:cifar10` trained on CIFAR-10, and its preprocessing. It knows ten
 * classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck. Weights of your own need labels of your own, else their
 * classes are numbered.
 *
 * Throws `WeightsError` for a file that is missing, cut short or of another network, and the errors of `modelFrom`.
 *
 * @example
 * const net = await alexnetCifar10();
 * console.log(net.preprocess.width, net.labels[3]); // 32 cat
 */
export function alexnetCifar10(files: ModelFiles = {}): Promise<Model> {
  const net = alexnetCifar10Pipeline();
  // Other weights may know other classes.
  if (files.seed !== undefined || files.weights !== undefined) return modelFrom(net, PREPROCESS, files);
  const weights = new URL('./weights.safetensors', import.meta.url);
  return modelFrom(net, PREPROCESS, { labels: CIFAR10_LABELS, ...files, weights });
}
