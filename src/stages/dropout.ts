import { Identity, mul, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Elementwise } from '../stage/stage.ts';
import { runKernel } from './run-kernel.ts';
import { stage } from './define-stage.ts';
import { share } from '../stage/arguments.ts';

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** The stage's name in results, errors and weights. Default: its `op`. */
  readonly name?: string;
  /** The fraction of values that training drops, from 0 to under 1. Default 0.5. */
  readonly rate?: number;
}

/**
 * Returns its input, except in training. `[…]` → the same shape. In training each value becomes 0 with the probability `rate`, and the
 * others are divided by 1 − rate (Srivastava et al. 2014), so that nothing is left to do afterwards. Keras and ONNX `Dropout`.
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
  share(name ?? 'dropout', 'rate', rate);
  return stage<Tensor, Tensor>({
    options,
    spec: { op: 'dropout', name, rate },
    outputShape: (input) => input,
    kernel: () => (x) => runKernel(Identity, { x }),
    training: (_input, _weights, _own, pass) => (x) => {
      const kept = 1 / (1 - rate);
      const mask = tensor(
        Float32Array.from({ length: x.size }, () => (pass.random() < rate ? 0 : kept)),
        x.shape,
      );
      const y = mul(x, mask);
      mask.dispose();
      return y;
    },
    elementwise: true,
    compilable: true,
    clean: true,
  }) as Elementwise;
}
