import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { numberUpTo, share } from '../../stage/arguments.ts';
import type { Rule } from './rule.ts';

/** The settings that {@link Adam} and {@link AdamW} share. */
export interface AdamSettings {
  /** β₁, how much of the running mean of the gradients a step keeps. Default 0.9. */
  readonly beta1?: number;
  /** β₂, how much of the running mean of their squares a step keeps. Default 0.999. */
  readonly beta2?: number;
  /** ε, added to the root. Default 1e-7, as in Keras and tfjs; the paper has 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma & Ba 2015): w − η m̂ / (√v̂ + ε), where m and v are running means of the gradients and of their squares, and the hats
 * correct for their beginning at 0.
 */
export interface Adam extends AdamSettings {
  readonly name: 'adam';
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): w is also made smaller by η λ w. */
export interface AdamW extends AdamSettings {
  readonly name: 'adamw';
  /** λ. Kernels decay; biases and the weights of normalizations, which have one dimension, do not. Default 0.004, as in Keras. */
  readonly weightDecay?: number;
}

export function adamRule(called: string, settings: Adam | AdamW): Rule {
  const { name, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = settings;
  const decay = settings.name === 'adamw' ? (settings.weightDecay ?? 0.004) : 0;
  share(called, 'beta1', beta1);
  share(called, 'beta2', beta2);
  // With 0, a weight whose gradient is 0 would become 0 / 0.
  if (!(typeof epsilon === 'number' && epsilon > 0 && epsilon < Infinity)) {
    throw new OptionError(`${called}: epsilon must be a number over 0, not ${describeValue(epsilon)}`);
  }
  numberUpTo(called, 'weightDecay', decay, Infinity);
  return {
    name,
    settings: { beta1, beta2, epsilon, weightDecay: decay },
    memories: 2,
    apply(weight, gradient, [m, v], { learningRate, step }) {
      const mean = tf.add(tf.mul(m as Tensor, beta1), tf.mul(gradient, 1 - beta1));
      const squares = tf.add(tf.mul(v as Tensor, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const root = tf.add(tf.sqrt(tf.div(squares, 1 - beta2 ** step)), epsilon);
      const change = tf.mul(tf.div(mean, root), learningRate / (1 - beta1 ** step));
      const kept = decay > 0 && weight.rank > 1 ? tf.mul(weight, 1 - learningRate * decay) : weight;
      return [tf.sub(kept, change), mean, squares];
    },
  };
}
