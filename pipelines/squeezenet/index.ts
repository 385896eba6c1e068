/**
 * SqueezeNet 1.1 (Iandola et al. 2016). It comes without weights.
 *
 * @module sluice/pipelines/squeezenet
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  concatenate,
  conv2d,
  dropout,
  globalAvgPool,
  maxPool,
  modelFrom,
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';

/** The preprocessing of torchvision's weights. The authors only subtract the mean colour. */
const PREPROCESS = {
  width: 227,
  height: 227,
  fit: 'cover',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** A fire module (section 3.2): a 1×1 convolution to few channels, then 1×1 and 3×3 convolutions in parallel. */
function fire(n: number, squeeze: number, expand: number) {
  return [
    conv2d({ name: `fire${n}-squeeze`, filters: squeeze, kernelSize: 1, activation: 'relu' }),
    concatenate(
      { name: `fire${n}-expand` },
      conv2d({ name: '1x1', filters: expand, kernelSize: 1, activation: 'relu' }),
      conv2d({ name: '3x3', filters: expand, kernelSize: 3, padding: 'same', activation: 'relu' }),
    ),
  ] as const;
}

/** Max pooling as in Caffe: where the last window is not full, it still counts. */
function halve(name: string, leftOver: 0 | 1) {
  return maxPool({
    name,
    poolSize: 3,
    strides: 2,
    padding: [
      [0, leftOver],
      [0, leftOver],
    ],
  });
}

/**
 * SqueezeNet 1.1 (Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", the authors' later,
 * smaller version); `[1, 227, 227, 3]` → `[1, 1000]`, 1,235,496 parameters.
 *
 * @example
 * console.log(squeezenetPipeline().summary().parameters); // 1235496
 */
export function squeezenetPipeline(): Pipeline<Tensor4D, Tensor2D> {
  return pipeline(
    { name: 'squeezenet', inputShape: [1, 227, 227, 3] },
    conv2d({ name: 'conv1', filters: 64, kernelSize: 3, strides: 2, activation: 'relu' }),
    halve('pool1', 0),
    ...fire(2, 16, 64),
    ...fire(3, 16, 64),
    halve('pool3', 1),
    ...fire(4, 32, 128),
    ...fire(5, 32, 128),
    halve('pool5', 1),
    ...fire(6, 48, 192),
    ...fire(7, 48, 192),
    ...fire(8, 64, 256),
    ...fire(9, 64, 256),
    dropout({ name: 'drop9', rate: 0.5 }),
    conv2d({ name: 'conv10', filters: 1000, kernelSize: 1, activation: 'relu' }),
    globalAvgPool({ name: 'pool10' }),
    softmax(),
  );
}

/**
 * Loads SqueezeNet with your weights, or random ones, and its preprocessing. Throws the errors of `modelFrom`.
 *
 * @example
 * const net = await squeezenet({ seed: 1 });
 * console.log(net.labels.length); // 1000
 */
export function squeezenet(files: ModelFiles = {}): Promise<Model> {
  return modelFrom(squeezenetPipeline(), PREPROCESS, files);
}
