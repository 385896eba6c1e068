import { Reshape, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { flattenedOutput, requireValues } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link flatten}. */
export interface FlattenOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
}

/**
 * Turns each picture of the batch into one row, with the last dimension varying fastest. `[b, …]` → `[b, n]`. Keras and
 * ONNX `Flatten`.
 *
 * Throws `ShapeError` for a scalar.
 *
 * @see {@link reshape}, {@link dense}
 *
 * @example
 * console.log(flatten().outputShape([1, 200, 200, 1])); // [1, 40000]
 */
export function flatten(options: FlattenOptions = {}): Stage<Tensor, Tensor2D> {
  return stage<Tensor, Tensor2D>({
    options,
    spec: { op: 'flatten', name: options.name },
    outputShape(input) {
      requireValues(input, '[batch, …]');
      return flattenedOutput(input);
    },
    kernel: (input) => (x) => runKernel(Reshape, { x }, { shape: [x.shape[0], flattenedOutput(input)[1]] }) as Tensor2D,
    clean: true,
    compilable: true,
  });
}
