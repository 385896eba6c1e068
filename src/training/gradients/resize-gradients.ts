import * as tf from '@tensorflow/tfjs-core';
import { ResizeBilinear, ResizeNearestNeighbor, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { runKernel } from '../../stages/run-kernel.ts';
import type { Attributes, KernelGradient } from './kernel-gradient.ts';

/** How much of each input row is in each output row: `[1, rows, output rows]`. The kernel itself tells it, from pictures of one row each. */
function shares(kernel: string, rows: number, outputRows: number, attributes: Attributes): Tensor {
  const images = tf.reshape(tf.eye(rows), [rows, rows, 1, 1]);
  const size = [outputRows, 1];
  return tf.reshape(runKernel(kernel, { images }, { ...attributes, size }), [1, rows, outputRows]);
}

/**
 * Resizing is linear in each direction, Y = R X Cᵀ, so the gradient is Rᵀ dY C. (tfjs's own kernels know nothing of half-pixel
 * centres.)
 */
function resizeGradient(kernel: string): KernelGradient {
  return {
    inputs: ['images'],
    of(dy, saved, attributes) {
      const [images] = saved as [Tensor4D];
      const [batch, height, width, channels] = images.shape;
      const [, rows = 0, columns = 0] = dy.shape;
      return {
        images: () => {
          const ofRows = shares(kernel, height, rows, attributes);
          const ofColumns = shares(kernel, width, columns, attributes);
          const high = tf.matMul(ofRows, tf.reshape(dy, [batch, rows, columns * channels]));
          const wide = tf.matMul(ofColumns, tf.reshape(high, [batch * height, columns, channels]));
          return tf.reshape(wide, [batch, height, width, channels]);
        },
      };
    },
  };
}

/** @internal */
export const RESIZE_GRADIENTS: Readonly<Record<string, KernelGradient>> = {
  [ResizeBilinear]: resizeGradient(ResizeBilinear),
  [ResizeNearestNeighbor]: resizeGradient(ResizeNearestNeighbor),
};
