import * as tf from '@tensorflow/tfjs-core';
import { avgPool, conv2d, dense, flatten, pipeline, softmax, type Weights } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { resolveWeights } from '../../src/weights.ts';

/** LeNet-5 as modern textbooks draw it: 61,706 parameters, random weights. */
export function lenet5() {
  return pipeline(
    { name: 'lenet5', inputShape: [1, 28, 28, 1] },
    conv2d({ filters: 6, kernelSize: 5, padding: 2, activation: 'relu', seed: 1 }),
    avgPool({ poolSize: 2 }),
    conv2d({ filters: 16, kernelSize: 5, activation: 'relu', seed: 2 }),
    avgPool({ poolSize: 2 }),
    flatten(),
    dense({ units: 120, activation: 'relu', seed: 3 }),
    dense({ units: 84, activation: 'relu', seed: 4 }),
    dense({ units: 10, seed: 5 }),
    softmax(),
  );
}

/** The network's numbers as tensors by `<stage>/<weight>`, for loops written by hand. */
function tensors(shapes: Readonly<Record<string, readonly number[]>>, seeds: Readonly<Record<string, number>>) {
  const out: Record<string, tf.Tensor> = {};
  for (const [key, shape] of Object.entries(shapes)) {
    const [stage = '', name = ''] = key.split('/');
    const weight = resolveWeights(stage, { [name]: shape }, {}, seeds[stage] ?? 0)[name];
    if (weight) out[key] = tf.keep(tf.tensor(weight.data, [...weight.shape]));
  }
  return out;
}

/** One frame through the network by plain `tf.*` calls, every activation disposed as soon as it has been used. */
export type HandWritten = (input: tf.Tensor4D) => tf.Tensor;

/** LeNet-5 by hand. */
export function lenet5ByHand(): HandWritten {
  const seeds = { conv2d: 1, conv2d_1: 2, dense: 3, dense_1: 4, dense_2: 5 };
  const w = tensors(lenet5().weightShapes([1, 28, 28, 1]), seeds);
  const next = <T extends tf.Tensor>(from: tf.Tensor, to: T): T => {
    from.dispose();
    return to;
  };
  const conv = (x: tf.Tensor4D, name: string, pad: 'valid' | number) =>
    tf.fused.conv2d({
      x,
      filter: w[`${name}/kernel`] as tf.Tensor4D,
      bias: w[`${name}/bias`] as tf.Tensor1D,
      strides: 1,
      pad,
      activation: 'relu',
    });
  const fc = (a: tf.Tensor2D, name: string, activation: 'relu' | 'linear') =>
    tf.fused.matMul({
      a,
      b: w[`${name}/kernel`] as tf.Tensor2D,
      bias: w[`${name}/bias`] as tf.Tensor1D,
      activation,
    }) as tf.Tensor2D;
  return (input) => {
    let x = conv(input, 'conv2d', 2);
    x = next(x, tf.avgPool(x, 2, 2, 'valid'));
    x = next(x, conv(x, 'conv2d_1', 'valid'));
    x = next(x, tf.avgPool(x, 2, 2, 'valid'));
    let y: tf.Tensor2D = next(x, tf.reshape(x, [1, 400]));
    y = next(y, fc(y, 'dense', 'relu'));
    y = next(y, fc(y, 'dense_1', 'relu'));
    y = next(y, fc(y, 'dense_2', 'linear'));
    return next(y, tf.softmax(y));
  };
}

/** MobileNet v1 with its real weights, and the same by hand. */
export async function mobilenet() {
  const net = await mobilenetV1();
  return { net, byHand: mobilenetByHand(await weightsOf()) };
}

async function weightsOf(): Promise<Weights> {
  const { loadBytes, readSafetensors } = await import('sluice');
  const url = new URL('../../pipelines/mobilenet-v1/weights.safetensors', import.meta.url);
  return readSafetensors(await loadBytes(url), 'mobilenet-v1');
}

function mobilenetByHand(weights: Weights): HandWritten {
  const w: Record<string, tf.Tensor> = {};
  for (const [key, value] of Object.entries(weights)) {
    const { data, shape } = value as { data: Float32Array; shape: number[] };
    w[key] = tf.keep(tf.tensor(data, shape));
  }
  const strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
  return (input) => {
    const args = (name: string) => ({
      filter: w[`${name}/kernel`] as tf.Tensor4D,
      bias: w[`${name}/bias`] as tf.Tensor1D,
      pad: 'same' as const,
      activation: 'relu6' as const,
    });
    let x = tf.fused.conv2d({ x: input, strides: 2, ...args('conv0') });
    strides.forEach((stride, i) => {
      const dw = tf.fused.depthwiseConv2d({ x, strides: stride, ...args(`depthwise${i + 1}`) });
      x.dispose();
      x = tf.fused.conv2d({ x: dw, strides: 1, ...args(`pointwise${i + 1}`) });
      dw.dispose();
    });
    const pooled = tf.avgPool(x, 7, 1, 'valid');
    x.dispose();
    const flat = tf.reshape(pooled, [1, 1024]) as tf.Tensor2D;
    pooled.dispose();
    const logits = tf.fused.matMul({ a: flat, b: w['logits/kernel'] as tf.Tensor2D, bias: w['logits/bias'] as tf.Tensor1D });
    flat.dispose();
    const scores = tf.softmax(logits);
    logits.dispose();
    return scores;
  };
}
