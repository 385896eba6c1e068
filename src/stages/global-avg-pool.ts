import { AvgPool, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Stage } from '../stage/stage.ts';
import { globalPool, type GlobalPoolOptions } from './global-pool.ts';

/**
 * The mean of each channel. `[b, h, w, c]` → `[b, c]`. Keras `GlobalAveragePooling2D`, ONNX `GlobalAveragePool`.
 *
 * Throws `ShapeError` for an input that is not a picture.
 *
 * @see {@link avgPool}, {@link globalMaxPool}
 *
 * @example
 * console.log(globalAvgPool().outputShape([1, 7, 7, 1024])); // [1, 1024]
 */
export function globalAvgPool(options: GlobalPoolOptions = {}): Stage<Tensor4D, Tensor2D> {
  return globalPool('globalAvgPool', AvgPool, options);
}
