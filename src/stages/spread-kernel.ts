import * as tf from '@tensorflow/tfjs-core';
import { OptionError } from '../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../stage/shape.ts';

/** 1 GiB. */
const MAX_VALUES = 2 ** 28;

/** Throws `OptionError` where an option makes a stage compute with more than 1 GiB. `what` says what it spreads over the values. */
export function checkSpread(option: string, what: string, shape: Shape): void {
  const values = sizeOf(shape);
  if (values <= MAX_VALUES) return;
  throw new OptionError(`${option} spreads ${what} over ${values} values: at most ${MAX_VALUES} are possible`);
}

/**
 * The kernel with zeros between its values, `[h, w, …]` → `[d(h − 1) + 1, e(w − 1) + 1, …]`. Without dilation it computes what
 * the original kernel does with dilation. Throws `OptionError` where the result would need over 1 GiB.
 */
export function spreadKernel(kernel: tf.Tensor4D, [d, e]: readonly [number, number]): tf.Tensor4D {
  const [height, width, channels, filters] = kernel.shape;
  const depth = channels * filters;
  const size = [height * d, width * e, depth];
  checkSpread(`dilationRate ${JSON.stringify([d, e])}`, `a kernel of ${describeShape(kernel.shape)}`, size);
  const none: [number, number] = [0, 0];
  return tf.tidy(() => {
    const rows = tf.pad(tf.reshape(kernel, [height, 1, width, depth]), [none, [0, d - 1], none, none]);
    const taps = tf.pad(tf.reshape(rows, [height * d, width, 1, depth]), [none, none, [0, e - 1], none]);
    const spread = tf.reshape<tf.Rank.R4>(taps, [height * d, width * e, channels, filters]);
    return tf.slice(spread, [0, 0, 0, 0], [d * (height - 1) + 1, e * (width - 1) + 1, channels, filters]);
  });
}
