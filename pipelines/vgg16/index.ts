/**
 * VGG16 (Simonyan & Zisserman 2014). It comes without weights.
 *
 * @module sluice/pipelines/vgg16
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPool,
  modelFrom,
  OptionError,
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
  type Stage,
} from 'sluice';
import { IMAGENET, TORCHVISION } from '../torchvision.ts';

/** The preprocessing of torchvision's weights. The paper only subtracts the mean colour. */
const PREPROCESS = {
  width: 224,
  height: 224,
  fit: 'cover',
  centralFraction: 0.875,
  ...IMAGENET,
} as const;

/** Options of {@link vgg16Pipeline}. */
export interface Vgg16Options {
  /** True: a batch normalization after each convolution, as in torchvision's `vgg16_bn`. Default false. */
  readonly batchNorm?: boolean;
}

/** A convolution with ReLU, between which there may be a batch normalization. */
function convolutions(normalized: boolean) {
  return (name: string, filters: number): Stage<Tensor4D, Tensor4D> => {
    const options = { name, filters, kernelSize: 3, padding: 'same' } as const;
    if (!normalized) return conv2d({ ...options, activation: 'relu' });
    return pipeline(
      conv2d(options),
      batchNorm({ name: `${name}-norm`, epsilon: 1e-5 }),
      activation('relu', { name: `${name}-relu` }),
    );
  };
}

function halve(name: string) {
  return maxPool({ name, poolSize: 2 });
}

/**
 * VGG16 (Simonyan & Zisserman 2014, "Very deep convolutional networks for large-scale image recognition", configuration D);
 * `[1, 224, 224, 3]` → `[1, 1000]`, 138,357,544 parameters, 553 MB as float32. With `batchNorm` it has 138,374,440, including running
 * means and variances, and the name `vgg16-bn`; once it has weights, `foldBatchNorm` makes it faster. Throws `OptionError` if
 * `batchNorm` is not true or false, and for another option.
 *
 * @example
 * console.log(vgg16Pipeline().summary().parameters); // 138357544
 * console.log(vgg16Pipeline({ batchNorm: true }).summary().parameters); // 138374440
 */
export function vgg16Pipeline({ batchNorm: normalized = false, ...others }: Vgg16Options = {}): Pipeline<
  Tensor4D,
  Tensor2D
> {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new OptionError(`vgg16Pipeline has no option ${unknown}; its option is batchNorm`);
  if (typeof normalized !== 'boolean') throw new OptionError('vgg16Pipeline: batchNorm must be true or false');
  const conv = convolutions(normalized);
  return pipeline(
    { name: normalized ? 'vgg16-bn' : 'vgg16', inputShape: [1, 224, 224, 3] },
    conv('conv1_1', 64),
    conv('conv1_2', 64),
    halve('pool1'),
    conv('conv2_1', 128),
    conv('conv2_2', 128),
    halve('pool2'),
    conv('conv3_1', 256),
    conv('conv3_2', 256),
    conv('conv3_3', 256),
    halve('pool3'),
    conv('conv4_1', 512),
    conv('conv4_2', 512),
    conv('conv4_3', 512),
    halve('pool4'),
    conv('conv5_1', 512),
    conv('conv5_2', 512),
    conv('conv5_3', 512),
    halve('pool5'),
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
 * Loads VGG16 with your weights, or random ones, and its preprocessing. Weights with the names of torchvision or timm say whether it has
 * batch normalizations. Throws the errors of `modelFrom`.
 *
 * @example
 * const failed = await vgg16().catch((error) => error);
 * console.log(failed.code); // option
 */
export function vgg16({ batchNorm: normalized, ...files }: ModelFiles & Vgg16Options = {}): Promise<Model> {
  const nets = [false, true].filter((choice) => normalized === undefined || choice === normalized);
  const own = vgg16Pipeline(normalized === undefined ? {} : { batchNorm: normalized });
  const variants = nets.map((choice) => ({
    pipeline: vgg16Pipeline({ batchNorm: choice }),
    preprocess: TORCHVISION,
  }));
  return modelFrom(own, PREPROCESS, files, variants);
}
