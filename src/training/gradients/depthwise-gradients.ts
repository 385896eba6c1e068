import * as tf from '@tensorflow/tfjs-core';
import {
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';
import { depthwise } from '../../stages/grouped-convolution.ts';
import { runKernel } from '../../stages/run-kernel.ts';
import { rowOfSums } from './column-sums.ts';
import { cropOrPad } from './crop-or-pad.ts';
import { hasFastKernel } from './native-kernels.ts';
import { backpropAttributes, isDilated, paddingFor, type KernelWindow } from './kernel-window.ts';
import { reversedKernel } from './reversed-kernel.ts';
import { spread } from './shape-gradients.ts';
import { windowGradient } from './window-gradient.ts';

/**
 * The gradient of the input: the outputs' gradients, spread by the strides, are convolved with the reversed kernel, each channel with its
 * own filters, and the results of a channel's filters are added up.
 */
function ofInput(dy: Tensor, filter: Tensor4D, input: Shape, window: KernelWindow): Tensor {
  const attributes = backpropAttributes(window);
  if (!isDilated(window) && hasFastKernel(DepthwiseConv2dNativeBackpropInput)) {
    const all = { ...attributes, dilations: [1, 1], inputShape: input };
    return runKernel(DepthwiseConv2dNativeBackpropInput, { dy, filter }, all);
  }
  const [height, width, channels, multiplier] = filter.shape;
  const [batch = 0, rows = 0, columns = 0] = input;
  const apart = window.strides.reduce((values, stride, i) => spread(values, i + 1, stride), dy);
  const around = cropOrPad(apart, paddingFor(input, apart.shape, window));
  const reversed = tf.reshape<tf.Rank.R4>(reversedKernel(filter), [height, width, channels * multiplier, 1]);
  const plain = { pad: 'valid', dataFormat: 'NHWC', dimRoundingMode: 'floor', activation: 'linear', leakyreluAlpha: 0 };
  const each = depthwise(
    reversed,
    undefined,
    { ...plain, strides: [1, 1], dilations: window.dilationRate },
    (tensor) => tensor,
  )(around);
  if (multiplier === 1) return each;
  return tf.sum(tf.reshape(each, [batch, rows, columns, channels, multiplier]), 4);
}

/** The gradient of the kernel: for each of its values, the products of the outputs' gradients with the pixels that it has met. */
function ofKernel(dy: Tensor, x: Tensor, kernel: Shape, window: KernelWindow): Tensor {
  const attributes = backpropAttributes(window);
  if (!isDilated(window) && hasFastKernel(DepthwiseConv2dNativeBackpropFilter)) {
    const all = { ...attributes, dilations: [1, 1], filterShape: kernel };
    return runKernel(DepthwiseConv2dNativeBackpropFilter, { x, dy }, all);
  }
  const [height = 1, width = 1, channels = 1, multiplier = 1] = kernel;
  const [batch = 0, rows = 0, columns = 0] = dy.shape;
  const { strides, dilationRate, padding } = window;
  const around = tf.pad(x, [[0, 0], ...padding.map(([before, after]): [number, number] => [before, after]), [0, 0]]);
  const gradients = tf.reshape(dy, [batch * rows * columns, channels, multiplier]);
  const values = Array.from({ length: height * width }, (_, place) => {
    const [top, left] = [Math.floor(place / width) * dilationRate[0], (place % width) * dilationRate[1]];
    const bottom = top + strides[0] * (rows - 1) + 1;
    const right = left + strides[1] * (columns - 1) + 1;
    const met = tf.stridedSlice(around, [0, top, left, 0], [batch, bottom, right, channels], [1, ...strides, 1]);
    const products = tf.mul(gradients, tf.reshape(met, [batch * rows * columns, channels, 1]));
    return rowOfSums(tf.reshape(products, [batch * rows * columns, channels * multiplier]));
  });
  return tf.reshape(tf.concat(values, 0), [height, width, channels, multiplier]);
}

/** @internal The gradient of a depthwise convolution with bias and activation. */
export const DEPTHWISE_GRADIENT = windowGradient((dy, x, filter, window) => ({
  x: () => ofInput(dy, filter, x.shape, window),
  filter: () => ofKernel(dy, x, filter.shape, window),
}));
