import * as tf from '@tensorflow/tfjs-core';
import { Conv2D, Conv2DBackpropFilter, Conv2DBackpropInput, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';
import { runKernel } from '../../stages/run-kernel.ts';
import { spreadKernel } from '../../stages/spread-kernel.ts';
import { subPixel } from '../../stages/sub-pixel.ts';
import type { InputGradients } from './kernel-gradient.ts';
import { hasFastKernel } from './native-kernels.ts';
import { backpropAttributes, isDilated, paddingFor, type KernelWindow } from './kernel-window.ts';
import { product } from './product.ts';
import { cropOrPad } from './crop-or-pad.ts';
import { reversedKernel } from './reversed-kernel.ts';
import { windowGradient } from './window-gradient.ts';

const NONE: [number, number] = [0, 0];

/**
 * The gradient of a convolution's input: each output's gradient adds the kernel, multiplied by it, to the pixels that the output was
 * computed from. This is the transposed convolution (Dumoulin & Visin 2016, relationship 14).
 */
function ofInput(dy: Tensor, filter: Tensor4D, input: Shape, window: KernelWindow): Tensor {
  if (!isDilated(window) && hasFastKernel(Conv2DBackpropInput)) {
    return runKernel(Conv2DBackpropInput, { dy, filter }, { ...backpropAttributes(window), inputShape: input });
  }
  if (window.strides.every((stride) => stride === 1)) return ofInputOfNeighbours(dy, filter, input, window);
  const kernel = isDilated(window) ? spreadKernel(filter, window.dilationRate) : filter;
  const transposed = subPixel(
    {
      kernel,
      bias: undefined,
      strides: window.strides,
      before: [window.padding[0][0], window.padding[1][0]],
      input: [dy.shape[1] ?? 0, dy.shape[2] ?? 0],
      output: [input[1] ?? 0, input[2] ?? 0],
      attributes: { activation: 'linear', leakyreluAlpha: 0 },
    },
    (tensor) => tensor,
  );
  return transposed(dy);
}

/** The same for windows that lie next to each other: a convolution with the reversed kernel, whose channels and filters change places. */
function ofInputOfNeighbours(dy: Tensor, filter: Tensor4D, input: Shape, window: KernelWindow): Tensor {
  const pads = paddingFor(input, dy.shape, window);
  const isCut = pads.flat().some((n) => n < 0);
  const attributes = {
    strides: [1, 1],
    dilations: window.dilationRate,
    pad: [NONE, ...(isCut ? [NONE, NONE] : pads), NONE],
    dataFormat: 'NHWC',
    dimRoundingMode: 'floor',
  };
  const kernel = tf.transpose(reversedKernel(filter), [0, 1, 3, 2]);
  return runKernel(Conv2D, { x: isCut ? cropOrPad(dy, pads) : dy, filter: kernel }, attributes);
}

/**
 * The gradient of a convolution's kernel. A value of the kernel has met the pixels that lie `strides` apart; their products with the
 * outputs' gradients are summed over all outputs and pictures. This is a convolution of the pictures with the gradients, where the
 * channels are the batch, the batch the channels, and strides and dilation change places. Where a backend has no kernel of its own for it,
 * as wasm, it takes about as long as the convolution itself.
 */
function ofKernel(dy: Tensor, x: Tensor, kernel: Shape, window: KernelWindow): Tensor {
  if (!isDilated(window) && hasFastKernel(Conv2DBackpropFilter)) {
    return runKernel(Conv2DBackpropFilter, { x, dy }, { ...backpropAttributes(window), filterShape: kernel });
  }
  const [height = 1, width = 1, channels = 1, filters = 1] = kernel;
  const attributes = {
    strides: window.dilationRate,
    dilations: window.strides,
    pad: [NONE, ...window.padding, NONE],
    dataFormat: 'NHWC',
    dimRoundingMode: 'floor',
  };
  const sums = runKernel(
    Conv2D,
    { x: tf.transpose(x, [3, 1, 2, 0]), filter: tf.transpose(dy, [1, 2, 0, 3]) },
    attributes,
  );
  // With strides, the last pixels may have met no value of the kernel.
  return tf.transpose(tf.slice(sums, [0, 0, 0, 0], [channels, height, width, filters]), [1, 2, 0, 3]);
}

/** Whether the kernel covers the whole picture, so that the convolution is a fully connected layer. */
function isWhole([, ...picture]: Shape, kernel: Shape, { padding, dilationRate }: KernelWindow): boolean {
  const covers = kernel[0] === picture[0] && kernel[1] === picture[1] && kernel[2] === picture[2];
  return covers && padding.flat().every((n) => n === 0) && dilationRate.every((n) => n === 1);
}

/** The gradients of a fully connected layer: as a convolution, the kernel would slide over a picture that is nearly all padding. */
function ofWholePictures(dy: Tensor, x: Tensor, filter: Tensor4D): InputGradients {
  const [batch = 0] = x.shape;
  const filters = filter.shape[3];
  const rows = tf.reshape<tf.Rank.R2>(dy, [batch, filters]);
  const pictures = tf.reshape<tf.Rank.R2>(x, [batch, -1]);
  const kernel = tf.reshape<tf.Rank.R2>(filter, [-1, filters]);
  return {
    x: () => tf.reshape(product(rows, kernel, false, true), x.shape),
    filter: () => tf.reshape(product(pictures, rows, true, false), filter.shape),
  };
}

/** @internal The gradient of a convolution with bias and activation. */
export const CONVOLUTION_GRADIENT = windowGradient((dy, x, filter, window) =>
  isWhole(x.shape, filter.shape, window)
    ? ofWholePictures(dy, x, filter)
    : { x: () => ofInput(dy, filter, x.shape, window), filter: () => ofKernel(dy, x, filter.shape, window) },
);
