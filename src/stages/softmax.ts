import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { axisOf, checkAxis } from '../stage/axes.ts';
import { requireValues } from '../stage/shape.ts';
import type { Elementwise } from '../stage/stage.ts';
import { stage } from './define-stage.ts';

/** Options of {@link softmax}. */
export interface SoftmaxOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** Divides the scores first. Over 1, the probabilities become more equal; under 1, less equal. Default 1. */
  readonly temperature?: number;
  /** The dimension whose values sum up to 1: 1 is the first after the batch, −1 the last. Default −1. */
  readonly axis?: number;
}

/**
 * Turns scores into probabilities: e^(xᵢ/T) / Σⱼ e^(xⱼ/T) over the last dimension, or over `axis`. The largest score is subtracted first, so
 * that nothing overflows. `[…, n]` → the same shape. Keras and
 * ONNX (opset 13 and later) `Softmax`; temperature T as in Hinton et al. 2015.
 *
 * Throws `OptionError` for a temperature that is not over 0 and for an axis that is the batch, and `ShapeError` for an input
 * without the axis.
 *
 * @see {@link dense}, {@link activation}, {@link classify}
 *
 * @example
 * console.log(softmax().outputShape([1, 1001])); // [1, 1001]
 */
export function softmax(options: SoftmaxOptions = {}): Elementwise {
  const { name, temperature = 1, axis = -1 } = options;
  checkAxis(name ?? 'softmax', axis);
  if (!(Number.isFinite(temperature) && temperature > 0)) {
    throw new OptionError(
      `${name ?? 'softmax'}: temperature must be a number over 0, not ${describeValue(temperature)}`,
    );
  }
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'softmax', name, temperature, axis: axis === -1 ? undefined : axis },
    outputShape(input) {
      requireValues(input, '[…, classes]');
      if (axis !== -1) axisOf(input, axis);
      return input;
    },
    kernel(input) {
      const last = input.length - 1;
      const at = axis === -1 ? last : axisOf(input, axis);
      const scaled = (x: tf.Tensor) => (temperature === 1 ? x : tf.div(x, temperature));
      if (at === last) return (x) => tf.softmax(scaled(x));
      // The kernels of tfjs take the last dimension only.
      const swap = input.map((_, i) => (i === at ? last : i === last ? at : i));
      return (x) => tf.transpose(tf.softmax(tf.transpose(scaled(x), swap)), swap);
    },
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}
