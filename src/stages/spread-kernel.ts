import * as tf from '@tensorflow/tfjs-core';
import { OptionError } from '../errors/errors.ts';
import { sizeOf } from '../stage/shape.ts';

/** 1 GiB. */
const MAX_VALUES = 2 ** 28;

/**
 * The kernel with zeros between its values, `[h, w, …]` → `[d(h − 1) + 1, e(w − 1) + 1, …]`. Without dilation it computes what
 * the original kernel does with dilation. Throws `OptionError` where the result would need over 1 GiB.
 */
export function spreadKernel(kernel: tf.Tensor4D, [d, e]: readonly [number, number]): tf.Tensor4D {
  const [height, width, channels, filters] = kernel.shape;
  const depth = channels * filters;
  const size = [height * d, width * e, depth];
  if (sizeOf(size) > MAX_VALUES) {
    throw new OptionError(
      `dilationRate ${JSON.stringify([d, e])} spreads a kernel of [${kernel.shape.join(', ')}] over ${sizeOf(size)} values: ` +
        `at most ${MAX_VALUES} are possible`,
    );
  }
  const none: [number, number] = [0, 0];
  return tf.tidy(() => {
    const rows = tf.pad(tf.reshape(kernel, [height, 1, width, depth]), [none, [0, d - 1], none, none]);
    const taps = tf.pad(tf.reshape(rows, [height * d, width, 1, depth]), [none, none, [0, e - 1], none]);
    const spread = tf.reshape<tf.Rank.R4>(taps, [height * d, width * e, channels, filters]);
    return tf.slice(spread, [0, 0, 0, 0], [d * (height - 1) + 1, e * (width - 1) + 1, channels, filters]);
  });
}
