import { AvgPool, Reshape, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { requireRank } from '../shape.ts';
import { stage, type Stage } from '../stage.ts';
import { runKernel } from './run-kernel.ts';

/** Options of {@link globalAvgPool}. */
export interface GlobalPoolOptions {
  readonly name?: string;
}

/**
 * The mean of each channel. `[b, h, w, c]` → `[b, c]`. Keras `GlobalAveragePooling2D`, ONNX `GlobalAveragePool`.
 *
 * Throws `ShapeError` for a picture without pixels.
 *
 * @example
 * console.log(globalAvgPool().outputShape([1, 7, 7, 1024])); // [1, 1024]
 */
export function globalAvgPool(options: GlobalPoolOptions = {}): Stage<Tensor4D, Tensor2D> {
  return stage<Tensor4D, Tensor2D>({
    spec: { op: 'globalAvgPool', name: options.name },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return [input[0] ?? 0, input[3] ?? 0];
    },
    kernel([, height = 1, width = 1, channels = 0]) {
      const attributes = { filterSize: [height, width], strides: 1, pad: 'valid' };
      return (x) => {
        const mean = runKernel(AvgPool, { x }, attributes);
        const flat = runKernel(Reshape, { x: mean }, { shape: [x.shape[0], channels] });
        mean.dispose();
        return flat as Tensor2D;
      };
    },
    clean: true,
  });
}
