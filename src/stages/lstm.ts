import * as tf from '@tensorflow/tfjs-core';
import type { Stage } from '../stage/stage.ts';
import { stage } from './define-stage.ts';
import {
  checkedRecurrence,
  functionsOf,
  overSteps,
  projectedInput,
  recurrentParts,
  type RecurrentOptions,
} from './recurrence.ts';

/**
 * Options of {@link lstm}. Weights: `kernel` `[values, 4 · units]`, `recurrentKernel` `[units, 4 · units]` and `bias` `[4 · units]`, each
 * with the columns of the input gate, the forget gate, the new values and the output gate, as in Keras.
 */
export type LstmOptions = RecurrentOptions;

/**
 * Long short-term memory: takes one step of a sequence after the other, and keeps two states, h and c. `[b, steps, n]` →
 * `[b, units]`, or `[b, steps, units]` with `returnSequences`. With z = xW + hU + b in four parts: c = σ(z_f) c + σ(z_i) tanh(z_c),
 * h = σ(z_o) tanh(c). Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000. Keras `LSTM`, ONNX `LSTM`.
 *
 * The state begins with zeros for each input. `window` makes sequences of frames.
 *
 * Throws `OptionError` for an invalid option, and `ShapeError` for an input that is not `[batch, steps, values]` or has over 10,000 steps.
 *
 * @see {@link gru}, {@link window}
 *
 * @example
 * const memory = lstm({ units: 32, seed: 1 });
 * console.log(memory.outputShape([1, 16, 64]), memory.parameterCount([1, 16, 64])); // [ 1, 32 ] 12416
 */
export function lstm(options: LstmOptions): Stage<tf.Tensor3D, tf.Tensor> {
  const spec = checkedRecurrence('lstm', options);
  const { units } = spec;
  return stage<tf.Tensor3D, tf.Tensor>({
    ...recurrentParts(options, spec, 4, [4 * units]),
    kernel(_input, { kernel, recurrentKernel, bias }) {
      const { gate, fresh } = functionsOf(spec);
      return (x) =>
        overSteps(spec, projectedInput(x, kernel as tf.Tensor, bias), 2, (gates, [h, c]) => {
          const z = tf.add(gates, tf.matMul(h as tf.Tensor2D, recurrentKernel as tf.Tensor2D));
          const [zi, zf, zc, zo] = tf.split(z, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
          const kept = tf.add<tf.Tensor2D>(tf.mul(gate(zf), c as tf.Tensor2D), tf.mul(gate(zi), fresh(zc)));
          return [tf.mul(gate(zo), fresh(kept)), kept];
        });
    },
  });
}
