/**
 * MobileNet v2 (Sandler et al. 2018), as Keras or torchvision has it. It comes without weights.
 *
 * @module sluice/pipelines/mobilenet-v2
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAvgPool,
  pipeline,
  residual,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';
import { isTorchvision, loadVariant } from '../torchvision.ts';

/** The central 0.875 of the largest centred square, x / 127.5 − 1. */
const PREPROCESS = { width: 224, height: 224, fit: 'cover', centralFraction: 0.875, range: [-1, 1] } as const;

/** Options of {@link mobilenetV2Pipeline}. */
export interface MobilenetV2Options {
  /**
   * `torchvision` pads each 3×3 convolution by 1 on every side, also at stride 2, and has another ε. Default `keras`; weights with
   * PyTorch's names take `torchvision`.
   */
  readonly variant?: 'keras' | 'torchvision';
}

/** The blocks of a variant. */
function blocksOf(isTorch: boolean) {
  const padding = isTorch ? 1 : 'same';
  const norm = (name: string) => batchNorm({ name, epsilon: isTorch ? 1e-5 : 1e-3 });

  /** A 1×1 convolution, batch normalization and ReLU6. */
  function pointwise(name: string, filters: number) {
    return [
      conv2d({ name, filters, kernelSize: 1, useBias: false }),
      norm(`${name}-norm`),
      activation('relu6', { name: `${name}-relu` }),
    ] as const;
  }

  /** A depthwise convolution, then a 1×1 convolution to fewer channels without an activation (section 3.2). */
  function bottleneck(block: string, filters: number, strides = 1) {
    return [
      depthwiseConv2d({ name: `${block}-depthwise`, kernelSize: 3, strides, padding, useBias: false }),
      norm(`${block}-depthwise-norm`),
      activation('relu6', { name: `${block}-depthwise-relu` }),
      conv2d({ name: `${block}-project`, filters, kernelSize: 1, useBias: false }),
      norm(`${block}-project-norm`),
    ] as const;
  }

  /** An inverted residual without its shortcut: expands the channels by six, filters them, and projects them to few. */
  function inverted(n: number, from: number, filters: number, strides = 1) {
    return [...pointwise(`block${n}-expand`, 6 * from), ...bottleneck(`block${n}`, filters, strides)] as const;
  }

  /** An inverted residual with its shortcut, where size and channels stay the same. */
  function added(n: number, filters: number) {
    return residual({ name: `block${n}` }, ...inverted(n, filters, filters));
  }
  return { padding, norm, pointwise, bottleneck, inverted, added } as const;
}

/**
 * MobileNet v2 1.0/224 (Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks"), as Keras builds it;
 * `[1, 224, 224, 3]` → `[1, 1000]`, 3,538,984 parameters, including running means and variances. The variant `torchvision` has
 * as many, and the name `mobilenet-v2-torchvision`. Once it has weights, `foldBatchNorm` makes it faster. Throws `OptionError`
 * for another variant.
 *
 * @example
 * console.log(mobilenetV2Pipeline().summary().parameters); // 3538984
 */
export function mobilenetV2Pipeline(options: MobilenetV2Options = {}): Pipeline<Tensor4D, Tensor2D> {
  const isTorch = isTorchvision('mobilenetV2Pipeline', options, 'keras');
  const { padding, norm, pointwise, bottleneck, inverted, added } = blocksOf(isTorch);
  return pipeline(
    { name: isTorch ? 'mobilenet-v2-torchvision' : 'mobilenet-v2', inputShape: [1, 224, 224, 3] },
    conv2d({ name: 'conv1', filters: 32, kernelSize: 3, strides: 2, padding, useBias: false }),
    norm('conv1-norm'),
    activation('relu6', { name: 'conv1-relu' }),
    ...bottleneck('block0', 16),
    ...inverted(1, 16, 24, 2),
    added(2, 24),
    ...inverted(3, 24, 32, 2),
    added(4, 32),
    added(5, 32),
    ...inverted(6, 32, 64, 2),
    added(7, 64),
    added(8, 64),
    added(9, 64),
    ...inverted(10, 64, 96),
    added(11, 96),
    added(12, 96),
    ...inverted(13, 96, 160, 2),
    added(14, 160),
    added(15, 160),
    ...inverted(16, 160, 320),
    ...pointwise('conv17', 1280),
    globalAvgPool({ name: 'pool' }),
    dense({ name: 'logits', units: 1000 }),
    softmax(),
  );
}

/**
 * Loads MobileNet v2 with your weights, or random ones, and its preprocessing. Weights with the names of torchvision or timm
 * make it the variant `torchvision`. Throws the errors of `modelFrom`.
 *
 * @example
 * const net = await mobilenetV2({ seed: 1 });
 * console.log(net.labels.length); // 1000
 */
export function mobilenetV2(files: ModelFiles & MobilenetV2Options = {}): Promise<Model> {
  return loadVariant(mobilenetV2Pipeline, PREPROCESS, files);
}
