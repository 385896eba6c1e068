import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  conv2d,
  dense,
  describeUrl,
  depthwiseConv2d,
  globalAvgPool,
  loadBytes,
  pipeline,
  readLabels,
  softmax,
  withSafetensors,
  type Network,
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

/**
 * MobileNet v1 1.0/224 (Howard et al. 2017), batch norm folded into the convolutions; `[1, 224, 224, 3]` → `[1, 1001]`.
 *
 * @example
 * console.log(mobilenetV1Pipeline().summary().parameters); // 4222057
 */
export function mobilenetV1Pipeline(): Pipeline<Tensor4D, Tensor2D> {
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

/** Where the bundled weights and labels are; other places can be given. */
export interface MobilenetV1Files {
  /** A safetensors file; default: the bundled float16 weights (ImageNet, 8.4 MB). */
  readonly weights?: URL;
  /** A JSON list of 1,001 names; default: the bundled ones. */
  readonly labels?: URL;
}

/**
 * MobileNet v1 with its ImageNet weights, 1,001 labels (0 is background) and preprocessing.
 *
 * Throws `WeightsError` for a file that is missing, cut short, or not this network's.
 *
 * @example
 * const net = await mobilenetV1();
 * console.log(net.labels[336]); // fox squirrel
 */
export async function mobilenetV1(files: MobilenetV1Files = {}): Promise<Network> {
  const {
    weights = new URL('./weights.safetensors', import.meta.url),
    labels = new URL('./labels.json', import.meta.url),
  } = files;
  const [weightBytes, labelBytes] = await Promise.all([loadBytes(weights), loadBytes(labels)]);
  return {
    name: 'mobilenet-v1',
    preprocess: PREPROCESS,
    pipeline: withSafetensors(mobilenetV1Pipeline(), weightBytes, describeUrl(weights)),
    labels: readLabels(labelBytes, describeUrl(labels)),
  };
}
