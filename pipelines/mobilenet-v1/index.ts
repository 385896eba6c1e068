/**
 * MobileNet v1 (Howard et al. 2017) with its ImageNet weights.
 *
 * @module sluice/pipelines/mobilenet-v1
 */

import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  activation,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAvgPool,
  modelFrom,
  pipeline,
  softmax,
  type Model,
  type ModelFiles,
  type Pipeline,
} from 'sluice';

/** The central 0.875 of the largest centred square, RGB, x / 127.5 − 1: as the network was evaluated. */
const PREPROCESS = { width: 224, height: 224, fit: 'cover', centralFraction: 0.875, range: [-1, 1] } as const;

/** A depthwise 3 × 3 convolution, then a pointwise one that mixes the channels. */
function separable(n: number, filters: number, strides = 1) {
  return [
    depthwiseConv2d({ name: `depthwise${n}`, kernelSize: 3, strides, padding: 'same', activation: 'relu6' }),
    conv2d({ name: `pointwise${n}`, filters, kernelSize: 1, activation: 'relu6' }),
  ] as const;
}

/** What stands behind each convolution while the network is trained. */
function normed(layer: string) {
  return [batchNorm({ name: `${layer}-norm` }), activation('relu6', { name: `${layer}-relu` })] as const;
}

/** The same as it was trained. */
function separableNormed(n: number, filters: number, strides = 1) {
  return [
    depthwiseConv2d({ name: `depthwise${n}`, kernelSize: 3, strides, padding: 'same', useBias: false }),
    ...normed(`depthwise${n}`),
    conv2d({ name: `pointwise${n}`, filters, kernelSize: 1, useBias: false }),
    ...normed(`pointwise${n}`),
  ] as const;
}

/** How MobileNet v1 is built. */
export interface MobilenetV1Options {
  /** True: as Keras trains it, with batch norms and 1,000 classes. Default false: folded, with a background class. */
  readonly batchNorm?: boolean;
}

/**
 * MobileNet v1 1.0/224 (Howard et al. 2017, "MobileNets"), batch norm folded into the convolutions; `[1, 224, 224, 3]` →
 * `[1, 1001]`, 4,222,057 parameters. With `batchNorm` as Keras builds it: → `[1, 1000]`, 4,253,864 parameters, running
 * means and variances among them; `foldBatchNorm` makes it the faster one, once it has its weights.
 *
 * @example
 * console.log(mobilenetV1Pipeline().summary().parameters); // 4222057
 * console.log(mobilenetV1Pipeline({ batchNorm: true }).summary().parameters); // 4253864
 */
export function mobilenetV1Pipeline({ batchNorm: unfolded = false }: MobilenetV1Options = {}): Pipeline<
  Tensor4D,
  Tensor2D
> {
  return unfolded ? trained() : folded();
}

function folded(): Pipeline<Tensor4D, Tensor2D> {
  return pipeline(
    { name: 'mobilenet-v1', inputShape: [1, 224, 224, 3] },
    conv2d({ name: 'conv0', filters: 32, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu6' }),
    ...separable(1, 64),
    ...separable(2, 128, 2),
    ...separable(3, 128),
    ...separable(4, 256, 2),
    ...separable(5, 256),
    ...separable(6, 512, 2),
    ...separable(7, 512),
    ...separable(8, 512),
    ...separable(9, 512),
    ...separable(10, 512),
    ...separable(11, 512),
    ...separable(12, 1024, 2),
    ...separable(13, 1024),
    globalAvgPool({ name: 'pool' }),
    dense({ name: 'logits', units: 1001 }),
    softmax(),
  );
}

function trained(): Pipeline<Tensor4D, Tensor2D> {
  return pipeline(
    { name: 'mobilenet-v1', inputShape: [1, 224, 224, 3] },
    conv2d({ name: 'conv0', filters: 32, kernelSize: 3, strides: 2, padding: 'same', useBias: false }),
    ...normed('conv0'),
    ...separableNormed(1, 64),
    ...separableNormed(2, 128, 2),
    ...separableNormed(3, 128),
    ...separableNormed(4, 256, 2),
    ...separableNormed(5, 256),
    ...separableNormed(6, 512, 2),
    ...separableNormed(7, 512),
    ...separableNormed(8, 512),
    ...separableNormed(9, 512),
    ...separableNormed(10, 512),
    ...separableNormed(11, 512),
    ...separableNormed(12, 1024, 2),
    ...separableNormed(13, 1024),
    globalAvgPool({ name: 'pool' }),
    dense({ name: 'logits', units: 1000 }),
    softmax(),
  );
}

/**
 * MobileNet v1 with its ImageNet weights (float16, 8.4 MB), 1,001 labels (0 is background) and preprocessing; others can be
 * given. With `batchNorm` there are none: give weights, or a seed.
 *
 * Throws `WeightsError` for a file that is missing, cut short, or not this network's, and as `modelFrom` does.
 *
 * @example
 * const net = await mobilenetV1();
 * console.log(net.labels[336]); // fox squirrel
 */
export function mobilenetV1(files: ModelFiles & MobilenetV1Options = {}): Promise<Model> {
  const net = mobilenetV1Pipeline(files);
  if (files.batchNorm) return modelFrom(net, PREPROCESS, files);
  const labels = new URL('./labels.json', import.meta.url);
  const weights = new URL('./weights.safetensors', import.meta.url);
  return modelFrom(net, PREPROCESS, { labels, ...(files.seed === undefined ? { weights } : {}), ...files });
}
