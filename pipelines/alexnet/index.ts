/**
 * AlexNet (Krizhevsky et al. 2012): in two groups as published, or as one tower. It comes without weights.
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
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';

/** The mean and standard deviation of ImageNet's colours. The paper subtracts the mean picture of its training set instead. */
const PREPROCESS = {
  width: 227,
  height: 227,
  fit: 'cover',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** Options of {@link alexnetPipeline}. */
export interface AlexnetOptions {
  /** 2: as in the paper, which split the filters of `conv2`, `conv4` and `conv5` between two GPUs. Default 1. */
  readonly groups?: 1 | 2;
}

/** Local response normalization over five channels (section 3.3). */
function norm(name: string) {
  return localResponseNorm({ name, depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 });
}

/**
 * AlexNet (Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural networks");
 * `[1, 227, 227, 3]` → `[1, 1000]`. It has 62,378,344 parameters, or 60,965,224 with the two groups of the paper.
 *
 * The paper states an input of 224×224, but the 55×55 output of its first layer requires 227×227.
 *
 * @example
 * console.log(alexnetPipeline({ groups: 2 }).summary().parameters); // 60965224
 */
export function alexnetPipeline({ groups = 1 }: AlexnetOptions = {}): Pipeline<Tensor4D, Tensor2D> {
  const relu = { activation: 'relu', padding: 'same' } as const;
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
    flatten(),
    dense({ name: 'fc6', units: 4096, activation: 'relu' }),
    dropout({ name: 'drop6', rate: 0.5 }),
    dense({ name: 'fc7', units: 4096, activation: 'relu' }),
    dropout({ name: 'drop7', rate: 0.5 }),
    dense({ name: 'fc8', units: 1000 }),
    softmax(),
  );
}

/**
 * Loads AlexNet with your weights, or random ones, and its preprocessing. Throws the errors of `modelFrom`.
 *
 * @example
 * const failed = await alexnet().catch((error) => error);
 * console.log(failed.code); // option
 */
export function alexnet({ groups = 1, ...files }: ModelFiles & AlexnetOptions = {}): Promise<Model> {
  return modelFrom(alexnetPipeline({ groups }), PREPROCESS, files);
}
