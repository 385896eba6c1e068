/**
 * AlexNet (Krizhevsky et al. 2012): in two groups as published, as one tower, or as torchvision has it. It comes without weights.
 *
 * @module sluice/pipelines/alexnet
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  conv2d,
  dense,
  dropout,
  flatten,
  localResponseNorm,
  maxPool,
  modelFrom,
  OptionError,
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';
import { IMAGENET, isTorchvision, TORCHVISION } from '../torchvision.ts';

/** The mean and standard deviation of ImageNet's colours. The paper subtracts the mean picture of its training set instead. */
const PREPROCESS = {
  width: 227,
  height: 227,
  fit: 'cover',
  ...IMAGENET,
} as const;

/** Options of {@link alexnetPipeline}. */
export interface AlexnetOptions {
  /** 2: as in the paper, which split the filters of `conv2`, `conv4` and `conv5` between two GPUs. Default 1. */
  readonly groups?: 1 | 2;
  /**
   * `torchvision`: the network of Krizhevsky 2014 ("One weird trick for parallelizing convolutional neural networks"), which has
   * fewer filters, no local response normalization and no groups. Default `paper`; weights with PyTorch's names take `torchvision`.
   */
  readonly variant?: 'paper' | 'torchvision';
}

/** Local response normalization over five channels (section 3.3). */
function norm(name: string) {
  return localResponseNorm({ name, depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 });
}

function classifier() {
  return [
    flatten(),
    dense({ name: 'fc6', units: 4096, activation: 'relu' }),
    dropout({ name: 'drop6', rate: 0.5 }),
    dense({ name: 'fc7', units: 4096, activation: 'relu' }),
    dropout({ name: 'drop7', rate: 0.5 }),
    dense({ name: 'fc8', units: 1000 }),
    softmax(),
  ] as const;
}

/**
 * AlexNet (Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural networks");
 * `[1, 227, 227, 3]` → `[1, 1000]`. It has 62,378,344 parameters, or 60,965,224 with the two groups of the paper.
 *
 * The paper states an input of 224×224, but the 55×55 output of its first layer requires 227×227.
 *
 * The variant `torchvision` takes `[1, 224, 224, 3]`, has 61,100,840 parameters, and the name `alexnet-torchvision`. Throws
 * `OptionError` for another variant, and for groups of that one.
 *
 * @example
 * console.log(alexnetPipeline({ groups: 2 }).summary().parameters); // 60965224
 */
export function alexnetPipeline({ groups = 1, ...options }: AlexnetOptions = {}): Pipeline<Tensor4D, Tensor2D> {
  const relu = { activation: 'relu', padding: 'same' } as const;
  if (isTorchvision('alexnetPipeline', options, 'paper')) {
    if (groups !== 1)
      throw new OptionError("alexnetPipeline: the variant 'torchvision' has no groups: leave out groups");
    return pipeline(
      { name: 'alexnet-torchvision', inputShape: [1, 224, 224, 3] },
      conv2d({ name: 'conv1', filters: 64, kernelSize: 11, strides: 4, padding: 2, activation: 'relu' }),
      maxPool({ name: 'pool1', poolSize: 3, strides: 2 }),
      conv2d({ name: 'conv2', filters: 192, kernelSize: 5, ...relu }),
      maxPool({ name: 'pool2', poolSize: 3, strides: 2 }),
      conv2d({ name: 'conv3', filters: 384, kernelSize: 3, ...relu }),
      conv2d({ name: 'conv4', filters: 256, kernelSize: 3, ...relu }),
      conv2d({ name: 'conv5', filters: 256, kernelSize: 3, ...relu }),
      maxPool({ name: 'pool5', poolSize: 3, strides: 2 }),
      ...classifier(),
    );
  }
  return pipeline(
    { name: 'alexnet', inputShape: [1, 227, 227, 3] },
    conv2d({ name: 'conv1', filters: 96, kernelSize: 11, strides: 4, activation: 'relu' }),
    norm('norm1'),
    maxPool({ name: 'pool1', poolSize: 3, strides: 2 }),
    conv2d({ name: 'conv2', filters: 256, kernelSize: 5, groups, ...relu }),
    norm('norm2'),
    maxPool({ name: 'pool2', poolSize: 3, strides: 2 }),
    conv2d({ name: 'conv3', filters: 384, kernelSize: 3, ...relu }),
    conv2d({ name: 'conv4', filters: 384, kernelSize: 3, groups, ...relu }),
    conv2d({ name: 'conv5', filters: 256, kernelSize: 3, groups, ...relu }),
    maxPool({ name: 'pool5', poolSize: 3, strides: 2 }),
    ...classifier(),
  );
}

/**
 * Loads AlexNet with your weights, or random ones, and its preprocessing. Weights with the names of torchvision make it the
 * variant `torchvision`. Throws the errors of `modelFrom`.
 *
 * @example
 * const failed = await alexnet().catch((error) => error);
 * console.log(failed.code); // option
 */
export function alexnet({ groups, variant, ...files }: ModelFiles & AlexnetOptions = {}): Promise<Model> {
  const options = { ...(groups === undefined ? {} : { groups }), ...(variant === undefined ? {} : { variant }) };
  const own = alexnetPipeline(options);
  if (variant === 'torchvision') return modelFrom(own, TORCHVISION, files);
  const torchvision = { pipeline: alexnetPipeline({ variant: 'torchvision' }), preprocess: TORCHVISION };
  return modelFrom(own, PREPROCESS, files, Object.keys(options).length === 0 ? [torchvision] : []);
}
