import { AvgPool, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Stage } from '../stage/stage.ts';
import { kernelPool, type PoolOptions } from './pool.ts';

/**
 * The mean of the values under each window, per channel. Padding is not counted. `[b, h, w, c]` → `[b, h′, w′, c]`.
 * TF `avgPool`, ONNX `AveragePool` with `count_include_pad = 0`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the window does not fit.
 *
 * @see {@link maxPool}, {@link l2Pool}, {@link globalAvgPool}
 *
 * @example
 * console.log(avgPool({ poolSize: 2 }).outputShape([1, 6, 6, 4])); // [1, 3, 3, 4]
 */
export function avgPool(options: PoolOptions): Stage<Tensor4D, Tensor4D> {
  return kernelPool('avgPool', AvgPool, options);
}
