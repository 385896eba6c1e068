import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isAtMost, isGreater, summedTo, type Attributes, type KernelGradient } from './kernel-gradient.ts';

// Kernels that work value by value. The derivatives are those of calculus; where there is none (at a kink), it is that of the
// side that tfjs takes.

/** A function of one value, from its input. */
function ofInput(derivative: (dy: Tensor, x: Tensor, attributes: Attributes) => Tensor): KernelGradient {
  return { inputs: ['x'], of: (dy, [x], attributes) => ({ x: () => derivative(dy, x as Tensor, attributes) }) };
}

/** A function of one value, from its output. */
function ofOutput(derivative: (dy: Tensor, y: Tensor) => Tensor): KernelGradient {
  return { output: true, of: (dy, [y]) => ({ x: () => derivative(dy, y as Tensor) }) };
}

/** A function that is flat wherever it has a derivative. */
const flat: KernelGradient = { of: (dy) => ({ x: () => tf.zerosLike(dy) }) };

/** Whether one number is larger than another does not change with either, but for a jump. */
const comparison: KernelGradient = {
  inputs: ['a', 'b'],
  of: (_dy, [a, b]) => ({ a: () => tf.zeros(a?.shape ?? []), b: () => tf.zeros(b?.shape ?? []) }),
};

type Part = (dy: Tensor, a: Tensor, b: Tensor) => Tensor;

/** A function of two values, which may be broadcast. */
function ofTwo(ofA: Part, ofB: Part): KernelGradient {
  return {
    inputs: ['a', 'b'],
    of(dy, saved) {
      const [a, b] = saved as [Tensor, Tensor];
      return { a: () => summedTo(a.shape, ofA(dy, a, b)), b: () => summedTo(b.shape, ofB(dy, a, b)) };
    },
  };
}

const relu = (dy: Tensor, y: Tensor) => tf.mul(dy, tf.step(y));
const relu6 = (dy: Tensor, y: Tensor) => tf.mul(dy, tf.mul(tf.step(y), tf.step(tf.sub(6, y))));
const sigmoid = (dy: Tensor, y: Tensor) => tf.mul(dy, tf.mul(y, tf.sub(1, y)));
const elu = (dy: Tensor, y: Tensor) => tf.mul(dy, tf.add(tf.minimum(y, 0), 1));
const leakyrelu = (dy: Tensor, y: Tensor, alpha: number) => tf.mul(dy, tf.step(y, alpha));

/** The activations that kernels of convolutions and products compute themselves, by the kernels' names for them. */
const FUSED = new Map(Object.entries({ relu, relu6, sigmoid, elu, leakyrelu }));

/** The slope and the scale of SELU (Klambauer et al. 2017). */
const [SELU_SCALE, SELU_SLOPE] = [1.0507009873554805, 1.7580993408473768];

/** @internal */
export const VALUE_GRADIENTS: Readonly<Record<string, KernelGradient>> = {
  [tf.Add]: ofTwo(
    (dy) => dy,
    (dy) => dy,
  ),
  [tf.Sub]: ofTwo(
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  [tf.Multiply]: ofTwo(
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  [tf.RealDiv]: ofTwo(
    (dy, _a, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  [tf.SquaredDifference]: ofTwo(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  // The exponent has a derivative where the base is over 0.
  [tf.Pow]: ofTwo(
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    (dy, a, b) => {
      const positive = tf.greater(a, 0);
      const logarithm = tf.log(tf.where(positive, a, tf.onesLike(a)));
      return tf.mul(dy, tf.mul(tf.pow(a, b), logarithm));
    },
  ),
  [tf.Maximum]: ofTwo(
    (dy, a, b) => tf.mul(dy, isAtMost(b, a)),
    (dy, a, b) => tf.mul(dy, isGreater(b, a)),
  ),
  [tf.Minimum]: ofTwo(
    (dy, a, b) => tf.mul(dy, isAtMost(a, b)),
    (dy, a, b) => tf.mul(dy, isGreater(a, b)),
  ),
  [tf.Prelu]: {
    inputs: ['x', 'alpha'],
    of(dy, saved) {
      const [x, alpha] = saved as [Tensor, Tensor];
      return {
        x: () => tf.mul(dy, tf.where(tf.greater(x, 0), tf.onesLike(x), tf.mul(tf.onesLike(x), alpha))),
        alpha: () => summedTo(alpha.shape, tf.mul(dy, tf.minimum(x, 0))),
      };
    },
  },

  // What is chosen gets the gradient. Truth values get none, and comparisons pass none on.
  [tf.Select]: {
    inputs: ['condition'],
    of(dy, saved) {
      const [condition] = saved as [Tensor];
      const zeros = tf.zerosLike(dy);
      return {
        condition: () => tf.zeros(condition.shape),
        t: () => tf.where(condition, dy, zeros),
        e: () => tf.where(condition, zeros, dy),
      };
    },
  },
  ...Object.fromEntries(
    [tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.Equal, tf.NotEqual].map((name) => [name, comparison]),
  ),

  [tf.Neg]: { of: (dy) => ({ x: () => tf.neg(dy) }) },
  [tf.Abs]: ofInput((dy, x) => tf.mul(dy, tf.sign(x))),
  [tf.Square]: ofInput((dy, x) => tf.mul(dy, tf.mul(x, 2))),
  // At 0 the slope is infinite; the length of a vector of zeros gets a gradient of 0.
  [tf.Sqrt]: ofOutput((dy, y) => tf.divNoNan(dy, tf.mul(y, 2))),
  [tf.Rsqrt]: ofOutput((dy, y) => tf.mul(dy, tf.mul(tf.mul(tf.square(y), y), -0.5))),
  [tf.Reciprocal]: ofOutput((dy, y) => tf.mul(dy, tf.neg(tf.square(y)))),
  [tf.Exp]: ofOutput((dy, y) => tf.mul(dy, y)),
  [tf.Log]: ofInput((dy, x) => tf.div(dy, x)),
  [tf.Log1p]: ofInput((dy, x) => tf.div(dy, tf.add(x, 1))),
  [tf.Sin]: ofInput((dy, x) => tf.mul(dy, tf.cos(x))),
  [tf.Cos]: ofInput((dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  [tf.Erf]: ofInput((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  [tf.Sigmoid]: ofOutput(sigmoid),
  [tf.Tanh]: ofOutput((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  [tf.Relu]: ofOutput(relu),
  [tf.Relu6]: ofOutput(relu6),
  [tf.Elu]: ofOutput(elu),
  [tf.Selu]: ofOutput((dy, y) =>
    tf.mul(dy, tf.where(tf.greater(y, 0), tf.fill(y.shape, SELU_SCALE), tf.add(y, SELU_SLOPE))),
  ),
  [tf.LeakyRelu]: ofInput((dy, x, { alpha }) => tf.mul(dy, tf.step(x, alpha as number))),
  [tf.Softplus]: ofInput((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  [tf.ClipByValue]: ofInput((dy, x, { clipValueMin, clipValueMax }) => {
    const raised = isGreater(tf.fill(x.shape, clipValueMin as number), x);
    const within = tf.mul(tf.sub(1, raised), isAtMost(x, clipValueMax as number));
    return tf.mul(dy, within);
  }),
  [tf.Ceil]: flat,
  [tf.Floor]: flat,
  [tf.Round]: flat,
  [tf.Sign]: flat,
  [tf.Step]: flat,
};

/** @internal The gradient before an activation that a kernel has computed itself, from its output. */
export function beforeActivation(dy: Tensor, y: Tensor, { activation, leakyreluAlpha }: Attributes): Tensor {
  const derivative = FUSED.get(String(activation));
  return derivative ? derivative(dy, y, Number(leakyreluAlpha)) : dy;
}
