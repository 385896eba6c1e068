import * as tf from '@tensorflow/tfjs-core';
import { OptionError, ShapeError } from '../errors.ts';
import { describeShape } from '../shape.ts';
import { stage, type Elementwise } from '../stage.ts';

/** Options of {@link softmax}. */
export interface SoftmaxOptions {
  readonly name?: string;
  /** Divides the scores first: over 1 evens the result out, under 1 sharpens it. Default 1. */
  readonly temperature?: number;
}

/**
 * Scores to probabilities: e^(xᵢ/T) / Σⱼ e^(xⱼ/T) over the last dimension, the largest score subtracted first so that
 * nothing overflows. `[…, n]` → the same. ONNX `Softmax` with axis −1; temperature as in Hinton et al. 2015.
 *
 * Throws `OptionError` for a temperature that is not over 0.
 *
 * @example
 * console.log(softmax().outputShape([1, 1001])); // [1, 1001]
 */
export function softmax<T extends tf.Tensor>(options: SoftmaxOptions = {}): Elementwise<T> {
  const { name, temperature = 1 } = options;
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new OptionError(`${name ?? 'softmax'}: temperature must be a number over 0, not ${String(temperature)}`);
  }
  const made = stage<T, T>({
    spec: { op: 'softmax', ...(name ? { name } : {}), temperature },
    outputShape(input) {
      if (input.length === 0) throw new ShapeError(`needs […, classes], but ${describeShape(input)} came`);
      return input;
    },
    kernel: () => (x) => tf.softmax(temperature === 1 ? x : tf.div<T>(x, temperature)),
  });
  return Object.assign(made, { elementwise: true as const });
}
