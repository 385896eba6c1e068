import * as tf from '@tensorflow/tfjs-core';

/**
 * A kernel with zeros between its taps, `[h, w, …]` → `[d(h − 1) + 1, e(w − 1) + 1, …]`: without dilation it computes
 * what the original does with it.
 */
export function spreadKernel(kernel: tf.Tensor4D, [d, e]: readonly [number, number]): tf.Tensor4D {
  const [height, width, channels, filters] = kernel.shape;
  const depth = channels * filters;
  const none: [number, number] = [0, 0];
  return tf.tidy(() => {
    const rows = tf.pad(tf.reshape(kernel, [height, 1, width, depth]), [none, [0, d - 1], none, none]);
    const taps = tf.pad(tf.reshape(rows, [height * d, width, 1, depth]), [none, none, [0, e - 1], none]);
    const spread = tf.reshape<tf.Rank.R4>(taps, [height * d, width * e, channels, filters]);
    return tf.slice(spread, [0, 0, 0, 0], [d * (height - 1) + 1, e * (width - 1) + 1, channels, filters]);
  });
}
