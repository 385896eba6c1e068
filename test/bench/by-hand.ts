import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './networks.ts';

/** One frame through a network. */
export type Forward = (input: tf.Tensor4D) => tf.Tensor;

/** A network by plain `tf.*` calls, written out, every activation disposed as soon as it has been used. */
export function byHand({ name, weights }: Subject): Forward {
  const w = Object.fromEntries(
    Object.entries(weights).map(([key, { data, shape }]) => [key, tf.keep(tf.tensor(data, [...shape]))]),
  );
  return name === 'LeNet-5' ? lenet5(w) : mobilenet(w);
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

function lenet5(w: Tensors): Forward {
  const conv = (x: tf.Tensor4D, layer: string, pad: 'same' | 'valid') =>
    tf.fused.conv2d({
      x,
      filter: w[`${layer}/kernel`] as tf.Tensor4D,
      bias: w[`${layer}/bias`] as tf.Tensor1D,
      strides: 1,
      pad,
      activation: 'relu',
    });
  return (input) => {
    const a = conv(input, 'conv1', 'same');
    const b = tf.avgPool(a, 2, 2, 'valid');
    a.dispose();
    const c = conv(b, 'conv2', 'valid');
    b.dispose();
    const d = tf.avgPool(c, 2, 2, 'valid');
    c.dispose();
    const flat: tf.Tensor2D = tf.reshape(d, [1, 400]);
    d.dispose();
    const e = fullyConnected(w, flat, 'fc1', 'relu');
    flat.dispose();
    const f = fullyConnected(w, e, 'fc2', 'relu');
    e.dispose();
    const logits = fullyConnected(w, f, 'fc3', 'linear');
    f.dispose();
    const scores = tf.softmax(logits);
    logits.dispose();
    return scores;
  };
}

function mobilenet(w: Tensors): Forward {
  const strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
  return (input) => {
    const options = (layer: string) => ({
      filter: w[`${layer}/kernel`] as tf.Tensor4D,
      bias: w[`${layer}/bias`] as tf.Tensor1D,
      pad: 'same' as const,
      activation: 'relu6' as const,
    });
    let x = tf.fused.conv2d({ x: input, strides: 2, ...options('conv0') });
    strides.forEach((stride, i) => {
      const depthwise = tf.fused.depthwiseConv2d({ x, strides: stride, ...options(`depthwise${i + 1}`) });
      x.dispose();
      x = tf.fused.conv2d({ x: depthwise, strides: 1, ...options(`pointwise${i + 1}`) });
      depthwise.dispose();
    });
    const pooled = tf.avgPool(x, 7, 1, 'valid');
    x.dispose();
    const flat: tf.Tensor2D = tf.reshape(pooled, [1, 1024]);
    pooled.dispose();
    const logits = fullyConnected(w, flat, 'logits', 'linear');
    flat.dispose();
    const scores = tf.softmax(logits);
    logits.dispose();
    return scores;
  };
}

function fullyConnected(w: Tensors, a: tf.Tensor2D, layer: string, activation: 'relu' | 'linear'): tf.Tensor2D {
  const b = w[`${layer}/kernel`] as tf.Tensor2D;
  return tf.fused.matMul({ a, b, bias: w[`${layer}/bias`] as tf.Tensor1D, activation }) as tf.Tensor2D;
}
