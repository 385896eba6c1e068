import * as tf from '@tensorflow/tfjs-core';
import { AvgPoolGrad, MaxPoolGrad, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';
import { runKernel } from '../../stages/run-kernel.ts';
import { windowCounts } from '../../stages/window-counts.ts';
import { isAtMost, type Attributes, type KernelGradient } from './kernel-gradient.ts';
import { kernelWindow, pairOf, type KernelWindow } from './kernel-window.ts';
import { cropOrPad } from './crop-or-pad.ts';

/** The window of a pool, whose strides tfjs gives as a number where they are equal. */
function windowOf(attributes: Attributes, input: Shape): KernelWindow {
  return kernelWindow(input, pairOf(attributes['filterSize']), attributes);
}

/** Whether each pixel is in one window at most, and no window in the padding. */
function isTiling({ size, strides, padding }: KernelWindow): boolean {
  return size.every((n, i) => n === strides[i]) && padding.flat().every((n) => n === 0);
}

/** Each value becomes a block of values. What the blocks leave over at the bottom and the right is 0. */
function blocks(values: Tensor4D, [height, width]: readonly [number, number], input: Shape): Tensor {
  const [, rows, columns] = values.shape;
  const large = tf.image.resizeNearestNeighbor(values, [rows * height, columns * width]);
  return cropOrPad(large, [
    [0, (input[1] ?? 0) - rows * height],
    [0, (input[2] ?? 0) - columns * width],
  ]);
}

/** @internal Each pixel gets a share of the gradient of every window that it is in. */
export const AVERAGE_POOL_GRADIENT: KernelGradient = {
  inputs: ['x'],
  of(dy, saved, attributes) {
    const [x] = saved as [Tensor];
    const window = windowOf(attributes, x.shape);
    const area = window.size[0] * window.size[1];
    return {
      x: () => {
        if (isTiling(window)) return blocks(tf.div(dy, area), window.size, x.shape);
        // tfjs's kernel divides by the area of the window, also where a part of it is in the padding, which does not count.
        const shares = tf.div(tf.mul(dy, area), windowCounts(window, x.shape));
        return runKernel(AvgPoolGrad, { dy: shares, input: x }, { dimRoundingMode: 'floor', ...attributes });
      },
    };
  },
};

/** Each block of windows that do not overlap: its largest pixels, which share the gradient if they are equal. */
function ofTiles(dy: Tensor4D, x: Tensor4D, y: Tensor4D, { size }: KernelWindow): Tensor {
  const [batch, rows, columns, channels] = y.shape;
  const covered = tf.slice(x, [0, 0, 0, 0], [batch, rows * size[0], columns * size[1], channels]);
  const isLargest = isAtMost(blocks(y, size, covered.shape), covered) as Tensor4D;
  const equal = tf.mul(tf.avgPool(isLargest, [...size], [...size], 'valid'), size[0] * size[1]);
  const gradient = tf.mul(isLargest, blocks(tf.div(dy, equal), size, covered.shape));
  return cropOrPad(gradient, [
    [0, x.shape[1] - rows * size[0]],
    [0, x.shape[2] - columns * size[1]],
  ]);
}

/**
 * The gradient of windows that overlap, in JavaScript. For wasm, whose own kernel is wrong for negative numbers, padding and strides. The
 * first of equal pixels gets the gradient.
 */
function onProcessor(dy: Tensor, x: Tensor, { size, strides, padding }: KernelWindow): Tensor {
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const [batch = 0, rows = 0, columns = 0] = dy.shape;
  const [[top], [left]] = padding;
  const [pixels, gradients] = [x.dataSync(), dy.dataSync()];
  const result = new Float32Array(x.size);
  for (let window = 0; window < batch * rows * columns; window++) {
    const row = Math.floor(window / columns) % rows;
    const [y0, x0] = [row * strides[0] - top, (window % columns) * strides[1] - left];
    const [y1, x1] = [Math.min(height, y0 + size[0]), Math.min(width, x0 + size[1])];
    const picture = Math.floor(window / (rows * columns)) * height;
    for (let channel = 0; channel < channels; channel++) {
      let [largest, at] = [-Infinity, -1];
      for (let v = Math.max(0, y0); v < y1; v++) {
        for (let u = Math.max(0, x0); u < x1; u++) {
          const place = ((picture + v) * width + u) * channels + channel;
          const pixel = pixels[place] as number;
          if (pixel > largest || at < 0) [largest, at] = [pixel, place];
        }
      }
      result[at] = (result[at] as number) + (gradients[window * channels + channel] as number);
    }
  }
  return tf.tensor(result, x.shape);
}

/** @internal The largest pixel of a window gets its gradient. */
export const MAX_POOL_GRADIENT: KernelGradient = {
  inputs: ['x'],
  output: true,
  of: (dy, saved, attributes) => {
    const [input, output] = saved as [Tensor4D, Tensor4D];
    const window = windowOf(attributes, input.shape);
    return {
      x() {
        if (isTiling(window)) return ofTiles(dy as Tensor4D, input, output, window);
        if (tf.getBackend() === 'wasm') return onProcessor(dy, input, window);
        return runKernel(MaxPoolGrad, { dy, input, output }, { dimRoundingMode: 'floor', ...attributes });
      },
    };
  },
};
