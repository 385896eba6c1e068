import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The sums of the columns of a matrix, as a product of matrices: tfjs's own sums turn the matrix first. `[n, c]` → `[1, c]`. */
export function rowOfSums(matrix: Tensor): Tensor {
  return tf.matMul(tf.ones([1, matrix.shape[0] ?? 0]), matrix);
}

/** The sums over all but the last dimension, as the gradient of a bias. `[…, c]` → `[c]`. */
export function columnSums(gradient: Tensor): Tensor {
  const channels = gradient.shape.at(-1) ?? 1;
  return tf.reshape(rowOfSums(tf.reshape(gradient, [-1, channels])), [channels]);
}
