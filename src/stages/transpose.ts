import { Reshape, Transpose, type Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { keepsOrder, transposedShape } from '../stage/axes.ts';
import { requireRank } from '../stage/shape.ts';
import type { Stage } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link transpose}. */
export interface TransposeOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** For each dimension of the output after the batch, the dimension of the input it is. The batch is 0, so they count from 1. */
  readonly permutation: readonly number[];
}

/**
 * Puts the dimensions after the batch in another order. `[b, h, w, c]` → `[b, c, h, w]` with `permutation: [3, 1, 2]`. Keras
 * `Permute`, ONNX `Transpose` (whose permutation begins with the batch, 0).
 *
 * Throws `OptionError` for a list that is no permutation, and `ShapeError` for an input of another rank.
 *
 * @see {@link reshape}
 *
 * @example
 * console.log(transpose({ permutation: [3, 1, 2] }).outputShape([1, 6, 8, 3])); // [1, 3, 6, 8]
 */
export function transpose(options: TransposeOptions): Stage<Tensor, Tensor> {
  const { name, permutation } = options;
  const given: readonly unknown[] = Array.isArray(permutation) ? permutation : [];
  const each = given.map((_, i) => i + 1);
  if (given.length === 0 || each.some((dimension) => !given.includes(dimension))) {
    throw new OptionError(
      `${name ?? 'transpose'}: permutation must be a list with each of 1, 2 … once, not ${describeValue(permutation)}`,
    );
  }
  const perm = [0, ...permutation];
  const needs = ['batch', ...permutation.map(() => '…')];
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'transpose', name, permutation },
    outputShape(input) {
      requireRank(input, needs);
      return transposedShape(input, perm);
    },
    kernel(input) {
      const [, ...sizes] = transposedShape(input, perm);
      if (keepsOrder(input, perm)) return (x) => runKernel(Reshape, { x }, { shape: [x.shape[0], ...sizes] });
      return (x) => runKernel(Transpose, { x }, { perm });
    },
    clean: true,
    compilable: true,
  });
}
