/**
 * VGG16 (Simonyan & Zisserman 2014). It comes without weights.
 *
 * @module sluice/pipelines/vgg16
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

/** The preprocessing of torchvision's weights. The paper only subtracts the mean colour. */
const PREPROCESS = {
  width: 224,
  height: 224,
  fit: 'cover',
  centralFraction: 0.875,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

function conv(name: string, filters: number) {
  return conv2d({ name, filters, kernelSize: 3, padding: 'same', activation: 'relu' });
}

function halve(name: string) {
  return maxPool({ name, poolSize: 2 });
}

/**
 * VGG16 (Simonyan & Zisserman 2014, "Very deep convolutional networks for large-scale image recognition", configuration D);
 * `[1, 224, 224, 3]` → `[1, 1000]`, 138,357,544 parameters, 553 MB as float32.
 *
 * @example
 * console.log(vgg16Pipeline().summary().parameters); // 138357544
 */
export function vgg16Pipeline(): Pipeline<Tensor4D, Tensor2D> {
  return pipeline(
    { name: 'vgg16', inputShape: [1, 224, 224, 3] },
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
 * VGG16 with weights of yours, or random ones, and its preprocessing. Throws as `modelFrom` does.
 *
 * @example
 * const failed = await vgg16().catch((error) => error);
 * console.log(failed.code); // option
 */
export function vgg16(files: ModelFiles = {}): Promise<Model> {
  return modelFrom(vgg16Pipeline(), PREPROCESS, files);
}
