import { Reshape, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { requireRank } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link globalAvgPool} and {@link globalMaxPool}. */
export interface GlobalPoolOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
}

/** @internal Pooling with the whole picture as its window. */
export function globalPool(op: string, kernelName: string, options: GlobalPoolOptions): Stage<Tensor4D, Tensor2D> {
  return stage<Tensor4D, Tensor2D>({
    options,
    spec: { op, name: options.name },
    outputShape(input) {
      requireRank(input, ['batch', 'height', 'width', 'channels']);
      return [input[0] ?? 0, input[3] ?? 0];
    },
    kernel([, height = 1, width = 1, channels = 0]) {
      const attributes = { filterSize: [height, width], strides: 1, pad: 'valid' };
      return (x) => {
        const pooled = runKernel(kernelName, { x }, attributes);
        const flat = runKernel(Reshape, { x: pooled }, { shape: [x.shape[0], channels] });
        pooled.dispose();
        return flat as Tensor2D;
      };
    },
    clean: true,
    compilable: true,
  });
}
