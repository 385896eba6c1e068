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
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';
import { IMAGENET, isTorchvision, loadVariant } from '../torchvision.ts';

/** The preprocessing of torchvision's weights. The authors only subtract the mean colour. */
const PREPROCESS = {
  width: 227,
  height: 227,
  fit: 'cover',
  ...IMAGENET,
} as const;

/** Options of {@link squeezenetPipeline}. */
export interface SqueezenetOptions {
  /** `torchvision` takes 224×224, `caffe` 227×227. Default `caffe`; weights with PyTorch's names take `torchvision`. */
  readonly variant?: 'caffe' | 'torchvision';
}

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
 * smaller version); `[1, 227, 227, 3]` → `[1, 1000]`, 1,235,496 parameters. The variant `torchvision` takes `[1, 224, 224, 3]` and has
 * the name `squeezenet-torchvision`. Throws `OptionError` for another variant.
 *
 * @example
 * console.log(squeezenetPipeline().summary().parameters); // 1235496
 */
export function squeezenetPipeline(options: SqueezenetOptions = {}): Pipeline<Tensor4D, Tensor2D> {
  const isTorch = isTorchvision('squeezenetPipeline', options, 'caffe');
  const size = isTorch ? 224 : 227;
  // At 224, all windows are full.
  const leftOver = isTorch ? 0 : 1;
  return pipeline(
    { name: isTorch ? 'squeezenet-torchvision' : 'squeezenet', inputShape: [1, size, size, 3] },
    conv2d({ name: 'conv1', filters: 64, kernelSize: 3, strides: 2, activation: 'relu' }),
    halve('pool1', 0),
    ...fire(2, 16, 64),
    ...fire(3, 16, 64),
    halve('pool3', leftOver),
    ...fire(4, 32, 128),
    ...fire(5, 32, 128),
    halve('pool5', leftOver),
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
 * Loads SqueezeNet with your weights, or random ones, and its preprocessing. Weights with the names of torchvision make it the
 * variant `torchvision`. Throws the errors of `modelFrom`.
 *
 * @example
 * const net = await squeezenet({ seed: 1 });
 * console.log(net.labels.length); // 1000
 */
export function squeezenet(files: ModelFiles & SqueezenetOptions = {}): Promise<Model> {
  return loadVariant(squeezenetPipeline, PREPROCESS, files);
}
