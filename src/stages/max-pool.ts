import { MaxPool, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Stage } from '../stage/stage.ts';
import { kernelPool, type PoolOptions } from './pool.ts';

/**
 * The largest value under each window, per channel. Padding is never the largest. `[b, h, w, c]` → `[b, h′, w′, c]`.
 * ONNX `MaxPool`, TF `maxPool`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the window does not fit.
 *
 * @see {@link avgPool}, {@link l2Pool}, {@link globalMaxPool}
 *
 * @example
 * console.log(maxPool({ poolSize: 3, strides: 2 }).outputShape([1, 5, 5, 1])); // [1, 2, 2, 1]
 */
export function maxPool(options: PoolOptions): Stage<Tensor4D, Tensor4D> {
  return kernelPool('maxPool', MaxPool, options);
}
