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
  /** The fraction of values that training drops, from 0 to under 1. Default 0.5. */
  readonly rate?: number;
}

/**
 * Returns its input: dropout only has an effect in training. `[…]` → the same shape. With it, a pipeline can list the same
 * layers as its paper. Keras and ONNX `Dropout` outside training (training scales the values by 1 / (1 − rate), so nothing
 * is left to do).
 *
 * Throws `OptionError` for a rate outside that range.
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
