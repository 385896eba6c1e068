import { AvgPool, Multiply, Sqrt, Square, type Tensor4D } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Stage } from '../stage/stage.ts';
import { pool, type PoolOptions } from './pool.ts';
import { runKernel } from './run-kernel.ts';
import { windowCounts } from './window-counts.ts';

/** Options of {@link l2Pool}. */
export interface L2PoolOptions extends PoolOptions {
  /** Whether to compute the root of the mean square instead of the root of the sum of squares. Default false. */
  readonly mean?: boolean;
}

/**
 * The Euclidean length of the values under each window, per channel: √Σx². Padding is not counted.
 * `[b, h, w, c]` → `[b, h′, w′, c]`. ONNX `LpPool` with p = 2. With `mean: true` it is √mean(x²), as in TF-Slim and TensorRT.
 * TensorFlow itself has no such operation.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` where the window does not fit.
 *
 * @see {@link maxPool}, {@link avgPool}
 *
 * @example
 * console.log(l2Pool({ poolSize: 2 }).outputShape([1, 6, 6, 4])); // [1, 3, 3, 4]
 */
export function l2Pool(options: L2PoolOptions): Stage<Tensor4D, Tensor4D> {
  const { mean = false } = options;
  if (typeof mean !== 'boolean') {
    throw new OptionError(`${options.name ?? 'l2Pool'}: mean must be true or false, not ${describeValue(mean)}`);
  }
  return pool(
    {
      op: 'l2Pool',
      arguments: { mean },
      compute(attributes, window, input, own) {
        // Every backend has a kernel for the mean, but none for the sum. The mean does not count padding.
        const counts = mean ? undefined : own(windowCounts(window, input));
        return (x) => {
          const squares = runKernel(Square, { x });
          const means = runKernel(AvgPool, { x: squares }, attributes);
          squares.dispose();
          const sums = counts ? runKernel(Multiply, { a: means, b: counts }) : means;
          if (sums !== means) means.dispose();
          const roots = runKernel(Sqrt, { x: sums });
          sums.dispose();
          return roots;
        };
      },
    },
    options,
  );
}
