import { Pow, type Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { MERGES } from '../stage/merge.ts';
import { broadcastOutput, type Shape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import type { Weights } from '../stage/weights.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

const { add, subtract, multiply, divide, maximum, minimum } = MERGES;
const KERNELS = { add, subtract, multiply, divide, maximum, minimum, power: Pow };

/** Options of {@link arithmetic}. Weights: `value`, of the given shape. */
export interface ArithmeticOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** What is computed of each value and the constant. */
  readonly operation: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'power';
  /** The shape of the constant, without a batch: `[]` for one number, `[channels]`, `[height, width, channels]` … Default `[]`. */
  readonly shape?: Shape;
  /** Whether the constant comes first: constant − x, constant / x, constant ^ x. Default false. */
  readonly reversed?: boolean;
  /** The constant: `value`. */
  readonly weights?: Weights;
  /** The seed that the constant is drawn from if it is not given. */
  readonly seed?: number;
}

/**
 * Computes with a constant: x + value, x · value … value by value. `[b, …]` → `[b, …]`. In each dimension, counted from the
 * last one, sizes must be equal or 1; sizes of 1 are repeated. ONNX `Add`, `Sub`, `Mul`, `Div`, `Max`, `Min` and `Pow` with an
 * initializer.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that the constant does not fit.
 *
 * @see {@link graph}, {@link activation}
 *
 * @example
 * const halved = arithmetic({ operation: 'multiply', weights: { value: new Float32Array([0.5]) } });
 * console.log(halved.outputShape([1, 8, 8, 3])); // [1, 8, 8, 3]
 */
export function arithmetic(options: ArithmeticOptions): Stage<Tensor, Tensor> {
  const { name, operation, shape = [], reversed = false, weights, seed } = options;
  const called = name ?? 'arithmetic';
  const refuse = (what: string, value: unknown) => {
    throw new OptionError(`${called}: ${what}, not ${describeValue(value)}`, { stage: called });
  };
  if (typeof operation !== 'string' || !Object.hasOwn(KERNELS, operation)) {
    refuse(`operation must be one of ${Object.keys(KERNELS).join(', ')}`, operation);
  }
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    refuse('shape must be a list of whole numbers of at least 1', shape);
  }
  if (typeof reversed !== 'boolean') refuse('reversed must be true or false', reversed);
  const kernel = KERNELS[operation];
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'arithmetic', name, operation, shape, reversed },
    weights,
    seed,
    fanIn: () => 2,
    outputShape: (input) => broadcastOutput(input, shape),
    weightShapes: () => ({ value: shape }),
    kernel: (_input, { value }) =>
      reversed ? (x) => runKernel(kernel, { a: value, b: x }) : (x) => runKernel(kernel, { a: x, b: value }),
    clean: true,
    compilable: true,
  });
}
