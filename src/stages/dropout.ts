import { Identity, type Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Elementwise } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** Which part of the values training leaves out, from 0 to under 1; default 0.5. */
  readonly rate?: number;
}

/**
 * What training leaves out by chance is all there here: gives what it gets, `[…]` → the same. It stands in a pipeline
 * so that the pipeline reads as its paper does. Keras `Dropout` and ONNX `Dropout` outside training (values are scaled
 * by 1 / (1 − rate) in training, so nothing is left to do).
 *
 * Throws `OptionError` for a rate that is not from 0 to under 1.
 *
 * @see {@link dense}
 *
 * @example
 * console.log(dropout({ rate: 0.4 }).outputShape([1, 4096])); // [1, 4096]
 */
export function dropout(options: DropoutOptions = {}): Elementwise {
  const { name, rate = 0.5 } = options;
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1)) {
    throw new OptionError(`${name ?? 'dropout'}: rate must be a number from 0 to under 1, not ${describeValue(rate)}`);
  }
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'dropout', name, rate },
    outputShape: (input) => input,
    kernel: () => (x) => runKernel(Identity, { x }),
    elementwise: true,
    compilable: true,
    clean: true,
  }) as Elementwise;
}
