import { MaxPool, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Stage } from '../stage/stage.ts';
import { globalPool, type GlobalPoolOptions } from './global-pool.ts';

/**
 * The largest value of each channel. `[b, h, w, c]` → `[b, c]`. Keras `GlobalMaxPooling2D`, ONNX `GlobalMaxPool`.
 *
 * Throws `ShapeError` for an input that is not a picture.
 *
 * @see {@link maxPool}, {@link globalAvgPool}
 *
 * @example
 * console.log(globalMaxPool().outputShape([1, 7, 7, 1024])); // [1, 1024]
 */
export function globalMaxPool(options: GlobalPoolOptions = {}): Stage<Tensor4D, Tensor2D> {
  return globalPool('globalMaxPool', MaxPool, options);
}
