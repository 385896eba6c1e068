import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { share } from '../../stage/arguments.ts';
import type { Rule } from './rule.ts';

/** Gradient descent: w − η g, where η is the learning rate. The gradients are those of a batch, hence stochastic. */
export interface Sgd {
  readonly name: 'sgd';
}

/** Gradient descent with momentum (Polyak 1964): v = μ v + g, then w − η v. */
export interface Momentum {
  readonly name: 'momentum';
  /** μ, how much of the last step is kept, from 0 to under 1. Default 0.9. */
  readonly momentum?: number;
  /** Whether the step is η (g + μ v), as if one had looked ahead (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean;
}

export function sgdRule(): Rule {
  return {
    name: 'sgd',
    settings: {},
    memories: 0,
    apply: (weight, gradient, _none, { learningRate }) => [tf.sub(weight, tf.mul(gradient, learningRate))],
  };
}

export function momentumRule(called: string, { momentum = 0.9, nesterov = false }: Momentum): Rule {
  share(called, 'momentum', momentum);
  if (typeof nesterov !== 'boolean') {
    throw new OptionError(`${called}: nesterov must be true or false, not ${describeValue(nesterov)}`);
  }
  return {
    name: 'momentum',
    settings: { momentum, nesterov },
    memories: 1,
    apply(weight, gradient, [last], { learningRate }) {
      const velocity = tf.add(tf.mul(last as tf.Tensor, momentum), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
      return [tf.sub(weight, tf.mul(direction, learningRate)), velocity];
    },
  };
}
