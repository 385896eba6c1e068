import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../describe-value.ts';
import { OptionError } from '../errors.ts';
import { stage, type Elementwise, type Spec } from '../stage.ts';

/** The functions an activation can be, by their names in Keras. */
export const ACTIVATIONS = ['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'elu', 'leakyRelu', 'softmax'] as const;

/** `linear` x; `relu` max(0, x); `relu6` min(max(0, x), 6); `sigmoid` 1/(1+e⁻ˣ); `tanh`; `elu` x or eˣ−1; `leakyRelu` x or 0.2x; `softmax` over the last dimension. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Options of {@link activation}. */
export interface ActivationOptions {
  readonly name?: string;
}

/**
 * Applies a function to every value; shape `[…]` → the same.
 *
 * Throws `OptionError` for a function that does not exist.
 *
 * @example
 * const relu = activation('relu');
 * console.log(relu.outputShape([1, 4, 4, 8])); // [1, 4, 4, 8]
 */
export function activation(kind: Activation, options: ActivationOptions = {}): Elementwise {
  checkActivation('activation', kind);
  const spec: Spec = { op: 'activation', name: options.name, activation: kind };
  return stage<tf.Tensor, tf.Tensor>({
    spec,
    outputShape: (input) => input,
    kernel: () => (x) => activate(x, kind),
    elementwise: true,
    clean: kind !== 'softmax',
  }) as Elementwise;
}

/** @internal */
export function checkActivation(stageName: string, kind: unknown): void {
  if (ACTIVATIONS.includes(kind as Activation)) return;
  throw new OptionError(
    `${stageName}: activation must be one of ${ACTIVATIONS.join(', ')}, not ${describeValue(kind)}`,
    {
      stage: stageName,
    },
  );
}

/** @internal The function itself; gives a tensor of its own, also for `linear`. */
export function activate<T extends tf.Tensor>(x: T, kind: Activation): T {
  switch (kind) {
    case 'linear':
      return x.clone();
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'elu':
      return tf.elu(x);
    case 'leakyRelu':
      return tf.leakyRelu(x, 0.2);
    case 'softmax':
      return tf.softmax(x);
  }
}
