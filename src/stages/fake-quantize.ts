import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Elementwise } from '../stage/stage.ts';
import { stage } from './define-stage.ts';

/** Options of {@link fakeQuantize}. */
export interface FakeQuantizeOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The distance between two levels, over 0. */
  readonly scale: number;
  /** The level that stands for 0, a whole number from 0 to 255. */
  readonly zeroPoint: number;
}

/**
 * Rounds each value to the nearest of 256 levels: (q − zeroPoint) · scale, where q is round(x / scale) + zeroPoint, from 0 to 255, and halves
 * are rounded to even (ONNX `QuantizeLinear` and `DequantizeLinear` of uint8). `[…]` → the same shape.
 *
 * ONNX Runtime computes a convolution or dense layer that directly follows in integers, with weights of 8 bits for each channel; other
 * engines compute it in floats. `quantize` of `sluice/node` puts these stages into a model. Its gradient is 0, so that stages before it learn
 * nothing: train a model first.
 *
 * Throws `OptionError` for a scale that is not over 0, and for a zero point that is not a whole number from 0 to 255.
 *
 * @see {@link conv2d}, {@link dense}
 *
 * @example
 * const rounded = fakeQuantize({ scale: 0.1, zeroPoint: 128 }); // from −12.8 to 12.7
 * console.log(rounded.outputShape([1, 4, 4, 8])); // [1, 4, 4, 8]
 */
export function fakeQuantize(options: FakeQuantizeOptions): Elementwise {
  const { name, scale, zeroPoint } = options;
  const refuse = (option: string, needs: string, value: unknown) => {
    const stageName = name ?? 'fakeQuantize';
    throw new OptionError(`${stageName}: ${option} must be ${needs}, not ${describeValue(value)}`, {
      stage: stageName,
    });
  };
  // It is a number of single precision everywhere, so a number below the least of these would be 0.
  if (typeof scale !== 'number' || !(Math.fround(scale) > 0 && Math.fround(scale) < Infinity))
    refuse('scale', 'a number over 0', scale);
  if (!Number.isSafeInteger(zeroPoint) || zeroPoint < 0 || zeroPoint > 255) {
    refuse('zeroPoint', 'a whole number from 0 to 255', zeroPoint);
  }
  return stage<tf.Tensor, tf.Tensor>({
    options,
    spec: { op: 'fakeQuantize', name, scale, zeroPoint },
    outputShape: (input) => input,
    kernel: (_input, _weights, own) => {
      const step = own(tf.scalar(scale));
      return (x) => tf.mul(tf.clipByValue(tf.round(tf.div(x, step)), -zeroPoint, 255 - zeroPoint), step);
    },
    elementwise: true,
    compilable: true,
  }) as Elementwise;
}
