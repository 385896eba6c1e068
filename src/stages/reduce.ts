import { Max, Mean, Min, Prod, Sum, type Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { axisOf, checkAxis } from '../stage/axes.ts';
import { requireValues, type Shape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

const KERNELS = { mean: Mean, sum: Sum, product: Prod, maximum: Max, minimum: Min };

/** Options of {@link reduce}. */
export interface ReduceOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** What the values become. */
  readonly kind: 'mean' | 'sum' | 'product' | 'maximum' | 'minimum';
  /** The dimensions whose values become one: 1 is the first after the batch, −1 the last. */
  readonly axes: readonly number[];
  /** Whether these dimensions are kept, with a size of 1. Default false. */
  readonly keepDims?: boolean;
}

/**
 * Makes one value of all values along some dimensions: their mean, sum, product, maximum or minimum. `[b, …]` → `[b, …]`
 * without the dimensions. ONNX `ReduceMean`, `ReduceSum`, `ReduceProd`, `ReduceMax` and `ReduceMin`.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input without one of the dimensions.
 *
 * @see {@link globalAvgPool}, {@link globalMaxPool}
 *
 * @example
 * console.log(reduce({ kind: 'mean', axes: [1, 2], keepDims: true }).outputShape([1, 7, 7, 64])); // [1, 1, 1, 64]
 */
export function reduce(options: ReduceOptions): Stage<Tensor, Tensor> {
  const { name, kind, axes, keepDims = false } = options;
  const called = name ?? 'reduce';
  const refuse = (what: string, value: unknown) => {
    throw new OptionError(`${called}: ${what}, not ${describeValue(value)}`, { stage: called });
  };
  if (typeof kind !== 'string' || !Object.hasOwn(KERNELS, kind)) {
    refuse(`kind must be one of ${Object.keys(KERNELS).join(', ')}`, kind);
  }
  if (!Array.isArray(axes) || axes.length === 0 || new Set(axes).size < axes.length) {
    refuse('axes must be a list of different dimensions', axes);
  }
  for (const axis of axes) checkAxis(called, axis);
  if (typeof keepDims !== 'boolean') refuse('keepDims must be true or false', keepDims);
  const outputShape = (input: Shape) => {
    requireValues(input, '[batch, …]');
    const gone = new Set(axes.map((axis) => axisOf(input, axis)));
    return input.flatMap((size, i) => (!gone.has(i) ? [size] : keepDims ? [1] : []));
  };
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'reduce', name, kind, axes, keepDims },
    outputShape,
    kernel(input) {
      const found = [...new Set(axes.map((axis) => axisOf(input, axis)))].toSorted((a, b) => a - b);
      const attributes = { axis: found, reductionIndices: found, keepDims };
      return (x) => runKernel(KERNELS[kind], { x }, attributes);
    },
    clean: true,
    compilable: true,
  });
}
