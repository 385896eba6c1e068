/**
 * ResNet-50 (He et al. 2015), as Keras or torchvision has it. It comes without weights.
 *
 * @module sluice/pipelines/resnet50
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  globalAvgPool,
  maxPool,
  pipeline,
  residual,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';
import { IMAGENET, isTorchvision, loadVariant } from '../torchvision.ts';

/** The preprocessing of torchvision's weights. Keras's weights need BGR with only the mean subtracted. */
const PREPROCESS = {
  width: 224,
  height: 224,
  fit: 'cover',
  centralFraction: 0.875,
  ...IMAGENET,
} as const;

/** Options of {@link resnet50Pipeline}. */
export interface Resnet50Options {
  /**
   * `keras`: strides at the first 1×1 convolution of a group, convolutions with a bias. `torchvision`: strides at the 3×3
   * convolution ("version 1.5"), no bias, another ε. Default `keras`; weights with PyTorch's names take `torchvision`.
   */
  readonly variant?: 'keras' | 'torchvision';
}

/** The blocks of a variant. */
function blocksOf(isTorch: boolean) {
  const useBias = !isTorch;
  const norm = (name: string) => batchNorm({ name, epsilon: isTorch ? 1e-5 : 1.001e-5 });

  /** A 1×1 convolution to few channels, a 3×3 convolution, and a 1×1 convolution to four times as many. */
  function bottleneck(filters: number, strides = 1) {
    const [first, second] = isTorch ? [1, strides] : [strides, 1];
    return [
      conv2d({ name: 'conv1', filters, kernelSize: 1, strides: first, useBias }),
      norm('norm1'),
      activation('relu', { name: 'relu1' }),
      conv2d({ name: 'conv2', filters, kernelSize: 3, strides: second, padding: 1, useBias }),
      norm('norm2'),
      activation('relu', { name: 'relu2' }),
      conv2d({ name: 'conv3', filters: 4 * filters, kernelSize: 1, useBias }),
      norm('norm3'),
    ] as const;
  }

  function block(name: string, filters: number) {
    return residual({ name, activation: 'relu' }, ...bottleneck(filters));
  }

  /** The first block of a group, which changes the shape: its shortcut has to change it as well. */
  function firstBlock(name: string, filters: number, strides: number) {
    const conv = conv2d({ name: 'conv', filters: 4 * filters, kernelSize: 1, strides, useBias });
    const shortcut = pipeline(conv, norm('norm'));
    return residual({ name, shortcut, activation: 'relu' }, ...bottleneck(filters, strides));
  }
  return { norm, block, firstBlock, useBias };
}

/**
 * ResNet-50 (He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition"), as Keras builds it: strides at the
 * first 1×1, convolutions with a bias; `[1, 224, 224, 3]` → `[1, 1000]`, 25,636,712 parameters, including running means and
 * variances. The variant `torchvision` has 25,610,152, and the name `resnet50-torchvision`. Once it has weights, `foldBatchNorm`
 * makes it faster. Throws `OptionError` for another variant.
 *
 * @example
 * console.log(resnet50Pipeline().summary().parameters); // 25636712
 * console.log(resnet50Pipeline({ variant: 'torchvision' }).summary().parameters); // 25610152
 */
export function resnet50Pipeline(options: Resnet50Options = {}): Pipeline<Tensor4D, Tensor2D> {
  const isTorch = isTorchvision('resnet50Pipeline', options, 'keras');
  const { norm, block, firstBlock, useBias } = blocksOf(isTorch);
  return pipeline(
    { name: isTorch ? 'resnet50-torchvision' : 'resnet50', inputShape: [1, 224, 224, 3] },
    conv2d({ name: 'conv1', filters: 64, kernelSize: 7, strides: 2, padding: 3, useBias }),
    norm('norm1'),
    activation('relu', { name: 'relu1' }),
    maxPool({ name: 'pool1', poolSize: 3, strides: 2, padding: 1 }),
    firstBlock('conv2_1', 64, 1),
    block('conv2_2', 64),
    block('conv2_3', 64),
    firstBlock('conv3_1', 128, 2),
    block('conv3_2', 128),
    block('conv3_3', 128),
    block('conv3_4', 128),
    firstBlock('conv4_1', 256, 2),
    block('conv4_2', 256),
    block('conv4_3', 256),
    block('conv4_4', 256),
    block('conv4_5', 256),
    block('conv4_6', 256),
    firstBlock('conv5_1', 512, 2),
    block('conv5_2', 512),
    block('conv5_3', 512),
    globalAvgPool({ name: 'pool5' }),
    dense({ name: 'logits', units: 1000 }),
    softmax(),
  );
}

/**
 * Loads ResNet-50 with your weights, or random ones, and its preprocessing. Weights with the names of torchvision or timm make
 * it the variant `torchvision`. Throws the errors of `modelFrom`.
 *
 * @example
 * const failed = await resnet50().catch((error) => error);
 * console.log(failed.code); // option
 */
export function resnet50(files: ModelFiles & Resnet50Options = {}): Promise<Model> {
  return loadVariant(resnet50Pipeline, PREPROCESS, files);
}
