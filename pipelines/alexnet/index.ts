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

/** The paper takes off the mean picture of its training set; this is the mean colour and deviation of ImageNet. */
const PREPROCESS = {
  width: 227,
  height: 227,
  fit: 'cover',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** How AlexNet is built. */
export interface AlexnetOptions {
  /** 2: as in the paper, where two GPUs each had half of the filters of `conv2`, `conv4` and `conv5`. Default 1. */
  readonly groups?: 1 | 2;
}

/** Section 3.3: over five neighbouring channels. */
function norm(name: string) {
  return localResponseNorm({ name, depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 });
}

/**
 * AlexNet (Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural networks");
 * `[1, 227, 227, 3]` → `[1, 1000]`. On a single tower it has 62,378,344 parameters, in the original two groups 60,965,224.
 *
 * The paper says 224×224, but its first layer's 55×55 takes 227×227.
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
 * AlexNet with weights of yours, or random ones, and its preprocessing. Throws as `modelFrom` does.
 *
 * @example
 * const failed = await alexnet().catch((error) => error);
 * console.log(failed.code); // option
 */
export function alexnet(files: ModelFiles & AlexnetOptions = {}): Promise<Model> {
  return modelFrom(alexnetPipeline(files), PREPROCESS, files);
}
