import * as tf from '@tensorflow/tfjs-core';
import type { Stage } from '../stage/stage.ts';
import { stage } from './define-stage.ts';
import {
  checkedRecurrence,
  checkFlags,
  functionsOf,
  overSteps,
  projectedInput,
  recurrentParts,
  type RecurrentOptions,
} from './recurrence.ts';

/**
 * Options of {@link gru}. Weights: `kernel` `[values, 3 · units]`, `recurrentKernel` `[units, 3 · units]` and `bias`, each with the columns
 * of the update gate, the reset gate and the new values, as in Keras. `bias` is `[2, 3 · units]`, for the input and for the state; without
 * `resetAfter` it is `[3 · units]`.
 */
export interface GruOptions extends RecurrentOptions {
  /** Whether the reset gate acts after the multiplication with `recurrentKernel`, and not before. Default true, as in Keras and PyTorch. */
  readonly resetAfter?: boolean;
}

/**
 * Gated recurrent unit: takes one step of a sequence after the other, and keeps one state, h. `[b, steps, n]` → `[b, units]`, or
 * `[b, steps, units]` with `returnSequences`. With the gates z = σ(xW_z + hU_z + b_z) and r = σ(xW_r + hU_r + b_r):
 * h = z h + (1 − z) tanh(xW_h + r (hU_h + b)), or without `resetAfter` tanh(xW_h + (r h) U_h + b). Cho et al. 2014. Keras `GRU`,
 * ONNX `GRU`.
 *
 * The state begins with zeros for each input. `window` makes sequences of frames.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that is not `[batch, steps, values]` or has over 10,000 steps.
 *
 * @see {@link lstm}, {@link window}
 *
 * @example
 * const memory = gru({ units: 32, seed: 1, returnSequences: true });
 * console.log(memory.outputShape([1, 16, 64])); // [ 1, 16, 32 ]
 */
export function gru(options: GruOptions): Stage<tf.Tensor3D, tf.Tensor> {
  const { resetAfter = true } = options;
  const spec = { ...checkedRecurrence('gru', options), resetAfter };
  const { units } = spec;
  checkFlags(spec.name ?? 'gru', { resetAfter });
  return stage<tf.Tensor3D, tf.Tensor>({
    ...recurrentParts(options, spec, 3, resetAfter ? [2, 3 * units] : [3 * units]),
    kernel(_input, { kernel, recurrentKernel, bias }) {
      const { gate, fresh } = functionsOf(spec);
      return (x) => {
        const [inputBias, stateBias] = bias && resetAfter ? tf.unstack(bias) : [bias, undefined];
        const recurrent = recurrentKernel as tf.Tensor2D;
        const [gatesOf, newOf] = [tf.slice(recurrent, [0, 0], [units, 2 * units]), tf.slice(recurrent, [0, 2 * units])];
        return overSteps(spec, projectedInput(x, kernel as tf.Tensor, inputBias), 1, (given, [h]) => {
          const state = h as tf.Tensor2D;
          const [xz, xr, xh] = tf.split(given, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
          const part = (of: tf.Tensor2D, begin: number, count: number) =>
            stateBias ? tf.add<tf.Tensor2D>(of, tf.slice(stateBias, [begin], [count])) : of;
          const [hz, hr] = tf.split(part(tf.matMul(state, gatesOf), 0, 2 * units), 2, 1) as [tf.Tensor2D, tf.Tensor2D];
          const [update, reset] = [gate(tf.add(xz, hz)), gate(tf.add(xr, hr))];
          const next = resetAfter
            ? tf.mul(reset, part(tf.matMul(state, newOf), 2 * units, units))
            : tf.matMul(tf.mul<tf.Tensor2D>(reset, state), newOf);
          const made = fresh(tf.add(xh, next));
          return [tf.add<tf.Tensor2D>(tf.mul(update, state), tf.mul(tf.sub(1, update), made))];
        });
      };
    },
  });
}
