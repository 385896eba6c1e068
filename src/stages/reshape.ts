import { Reshape, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { requireValues, reshapedOutput, type Shape } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link reshape}. */
export interface ReshapeOptions<S extends Shape = Shape> {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The new shape of each picture, without the batch. One size may be −1: it is computed from the others. */
  readonly shape: S;
}

/** The type of a batch of tensors of this shape. */
type BatchOf<S extends Shape> = S extends readonly [number]
  ? Tensor2D
  : S extends readonly [number, number]
    ? Tensor3D
    : S extends readonly [number, number, number]
      ? Tensor4D
      : Tensor;

/**
 * The same values in another shape, with the last dimension varying fastest. `[b, …]` → `[b, …shape]`. Keras `Reshape`; the
 * shapes of ONNX's and TensorFlow's `Reshape` include the batch.
 *
 * Throws `OptionError` for an invalid shape, and `ShapeError` where the input has another number of values.
 *
 * @see {@link flatten}
 *
 * @example
 * console.log(reshape({ shape: [7, 7, -1] }).outputShape([1, 49, 512])); // [1, 7, 7, 512]
 */
export function reshape<const S extends Shape>(options: ReshapeOptions<S>): Stage<Tensor, BatchOf<S>> {
  const { name, shape } = options;
  const called = name ?? 'reshape';
  const sizes: readonly unknown[] = Array.isArray(shape) ? shape : [];
  const good = sizes.every((size) => Number.isSafeInteger(size) && ((size as number) >= 1 || size === -1));
  if (sizes.length === 0 || !good || sizes.filter((size) => size === -1).length > 1) {
    throw new OptionError(
      `${called}: shape must be a list of whole numbers of at least 1, at most one of them -1, not ${describeValue(shape)}`,
      { stage: called },
    );
  }
  const target = (input: Shape) => {
    requireValues(input, '[batch, …]');
    return reshapedOutput(input, shape);
  };
  return stage<Tensor, BatchOf<S>>({
    options,
    spec: { op: 'reshape', name, shape },
    outputShape: target,
    kernel: (input) => (x) =>
      runKernel(Reshape, { x }, { shape: [x.shape[0] ?? 0, ...target(input).slice(1)] }) as BatchOf<S>,
    clean: true,
    compilable: true,
  });
}
