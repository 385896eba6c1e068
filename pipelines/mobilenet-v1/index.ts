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
  type Stage,
} from 'sluice';

/** The network's own evaluation: the central 0.875 of the largest centred square, RGB, x / 127.5 − 1. */
const PREPROCESS = { width: 224, height: 224, fit: 'cover', centralFraction: 0.875, range: [-1, 1] } as const;

type Convolution = Stage<Tensor4D, Tensor4D>;

/** What the two forms of the network differ in. */
type Activated = { readonly activation: 'relu6' } | { readonly useBias: false };

/**
 * A convolution followed by ReLU6. In the network as it is trained, a batch normalization stands between the two, and the
 * convolution has no bias; folded, the convolution applies ReLU6 itself.
 */
function activated(name: string, isTrained: boolean, convolution: (options: Activated) => Convolution): Convolution {
  if (!isTrained) return convolution({ activation: 'relu6' });
  return pipeline(
    convolution({ useBias: false }),
    batchNorm({ name: `${name}-norm` }),
    activation('relu6', { name: `${name}-relu` }),
  );
}

/** A depthwise 3 × 3 convolution, then a pointwise one that mixes the channels. */
function separable(n: number, isTrained: boolean, filters: number, strides = 1) {
  const [depthwise, pointwise] = [`depthwise${n}`, `pointwise${n}`];
  return [
    activated(depthwise, isTrained, (options) =>
      depthwiseConv2d({ name: depthwise, kernelSize: 3, strides, padding: 'same', ...options }),
    ),
    activated(pointwise, isTrained, (options) => conv2d({ name: pointwise, filters, kernelSize: 1, ...options })),
  ] as const;
}

/** Options of {@link mobilenetV1Pipeline}. */
export interface MobilenetV1Options {
  /** True: the network as Keras trains it, with batch normalizations and 1,000 classes. Default false: folded, with a background class. */
  readonly batchNorm?: boolean;
}

/**
 * MobileNet v1 1.0/224 (Howard et al. 2017, "MobileNets") with batch normalization folded into the convolutions;
 * `[1, 224, 224, 3]` → `[1, 1001]`, 4,222,057 parameters. With `batchNorm`, as Keras builds it: → `[1, 1000]`, 4,253,864
 * parameters, including running means and variances. Once it has weights, `foldBatchNorm` makes the faster form of it.
 *
 * @example
 * console.log(mobilenetV1Pipeline().summary().parameters); // 4222057
 * console.log(mobilenetV1Pipeline({ batchNorm: true }).summary().parameters); // 4253864
 */
export function mobilenetV1Pipeline({ batchNorm: isTrained = false }: MobilenetV1Options = {}): Pipeline<
  Tensor4D,
  Tensor2D
> {
  return pipeline(
    { name: 'mobilenet-v1', inputShape: [1, 224, 224, 3] },
    activated('conv0', isTrained, (options) =>
      conv2d({ name: 'conv0', filters: 32, kernelSize: 3, strides: 2, padding: 'same', ...options }),
    ),
    ...separable(1, isTrained, 64),
    ...separable(2, isTrained, 128, 2),
    ...separable(3, isTrained, 128),
    ...separable(4, isTrained, 256, 2),
    ...separable(5, isTrained, 256),
    ...separable(6, isTrained, 512, 2),
    ...separable(7, isTrained, 512),
    ...separable(8, isTrained, 512),
    ...separable(9, isTrained, 512),
    ...separable(10, isTrained, 512),
    ...separable(11, isTrained, 512),
    ...separable(12, isTrained, 1024, 2),
    ...separable(13, isTrained, 1024),
    globalAvgPool({ name: 'pool' }),
    dense({ name: 'logits', units: isTrained ? 1000 : 1001 }),
    softmax(),
  );
}

/**
 * Loads MobileNet v1 with its ImageNet weights (float16, 8.4 MB), 1,001 labels (0 is the background) and preprocessing, or with
 * weights and labels of your own. The form with `batchNorm` comes without weights: give some, or a seed.
 *
 * Throws `WeightsError` for a file that is missing, cut short or of another network, and the errors of `modelFrom`.
 *
 * @example
 * const net = await mobilenetV1();
 * console.log(net.labels[336]); // fox squirrel
 */
export function mobilenetV1({
  batchNorm: unfolded = false,
  ...files
}: ModelFiles & MobilenetV1Options = {}): Promise<Model> {
  const net = mobilenetV1Pipeline({ batchNorm: unfolded });
  if (unfolded) return modelFrom(net, PREPROCESS, files);
  // Random weights know none of the classes.
  if (files.seed !== undefined) return modelFrom(net, PREPROCESS, files);
  const labels = new URL('./labels.json', import.meta.url);
  const weights = new URL('./weights.safetensors', import.meta.url);
  return modelFrom(net, PREPROCESS, { labels, weights, ...files });
}
