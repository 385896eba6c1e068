import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { requireValues } from '../stage/shape.ts';
import type { Elementwise } from '../stage/stage.ts';
import { stage } from './define-stage.ts';

/** Options of {@link softmax}. */
export interface SoftmaxOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** Divides the scores first. Over 1, the probabilities become more equal; under 1, less equal. Default 1. */
  readonly temperature?: number;
}

/**
 * Turns scores into probabilities: e^(xᵢ/T) / Σⱼ e^(xⱼ/T) over the last dimension. The largest score is subtracted first, so
 * that nothing overflows. `[…, n]` → the same shape. ONNX `Softmax` with axis −1; temperature T as in Hinton et al. 2015.
 *
 * Throws `OptionError` for a temperature that is not over 0.
 *
 * @see {@link dense}, {@link activation}, {@link classify}
 *
 * @example
 * console.log(softmax().outputShape([1, 1001])); // [1, 1001]
 */
export function softmax(options: SoftmaxOptions = {}): Elementwise {
  const { name, temperature = 1 } = options;
  if (!(Number.isFinite(temperature) && temperature > 0)) {
    throw new OptionError(
      `${name ?? 'softmax'}: temperature must be a number over 0, not ${describeValue(temperature)}`,
    );
  }
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'softmax', name, temperature },
    outputShape(input) {
      requireValues(input, '[…, classes]');
      return input;
    },
    kernel: () => (x) => tf.softmax(temperature === 1 ? x : tf.div(x, temperature)),
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}
