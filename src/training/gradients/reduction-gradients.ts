import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isAtMost, type Attributes, type KernelGradient } from './kernel-gradient.ts';

// Kernels that make one value of many.

/** The axes that a kernel has reduced; all of them where it names none. */
function axesOf({ axis, reductionIndices }: Attributes, rank: number): number[] {
  const given = (axis ?? reductionIndices) as number | readonly number[] | null | undefined;
  const axes = given === undefined || given === null ? Array.from({ length: rank }, (_, i) => i) : [given].flat();
  return axes.map((one) => (one < 0 ? one + rank : one));
}

/** A value for each reduced axis, of size 1, so that it can be broadcast. */
function unreduced(y: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return tf.reshape(
    y,
    x.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  );
}

function countOf(x: Tensor, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * (x.shape[axis] ?? 1), 1);
}

/** The largest or the smallest value: equal ones share its gradient, as in TensorFlow. `isIt` gives 1 for those. */
function extreme(isIt: (x: Tensor, y: Tensor) => Tensor): KernelGradient {
  return {
    inputs: ['x'],
    output: true,
    of(dy, saved, attributes) {
      const [x, y] = saved as [Tensor, Tensor];
      const axes = axesOf(attributes, x.rank);
      return {
        x: () => {
          const chosen = isIt(x, unreduced(y, x, axes));
          const share = tf.div(unreduced(dy, x, axes), tf.sum(chosen, [...axes], true));
          return tf.mul(chosen, share);
        },
      };
    },
  };
}

/** The products of all other values in each row, also where some are 0. `[rows, n]` → `[rows, n]`. */
function productsOfOthers(x: Tensor): Tensor {
  return tf.mul(tf.cumprod(x, 1, true, false), tf.cumprod(x, 1, true, true));
}

/** @internal */
export const REDUCTION_GRADIENTS: Readonly<Record<string, KernelGradient>> = {
  [tf.Sum]: {
    inputs: ['x'],
    of: (dy, saved, attributes) => {
      const [x] = saved as [Tensor];
      return { x: () => tf.mul(tf.onesLike(x), unreduced(dy, x, axesOf(attributes, x.rank))) };
    },
  },
  [tf.Mean]: {
    inputs: ['x'],
    of: (dy, saved, attributes) => {
      const [x] = saved as [Tensor];
      const axes = axesOf(attributes, x.rank);
      return { x: () => tf.mul(tf.onesLike(x), tf.div(unreduced(dy, x, axes), countOf(x, axes))) };
    },
  },
  [tf.Max]: extreme((x, y) => isAtMost(y, x)),
  [tf.Min]: extreme((x, y) => isAtMost(x, y)),
  [tf.Prod]: {
    inputs: ['x'],
    of: (dy, saved, attributes) => {
      const [x] = saved as [Tensor];
      const axes = axesOf(attributes, x.rank);
      return {
        x: () => {
          const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
          const order = [...kept, ...axes];
          const turned = tf.transpose(x, order);
          const rows = tf.reshape(turned, [-1, countOf(x, axes)]);
          const others = tf.reshape(productsOfOthers(rows), turned.shape);
          const back = tf.transpose(
            others,
            order.map((_, i) => order.indexOf(i)),
          );
          return tf.mul(back, unreduced(dy, x, axes));
        },
      };
    },
  },
  // J = diag(y) − y yᵀ.
  [tf.Softmax]: {
    output: true,
    of: (dy, saved, { dim }) => {
      const [y] = saved as [Tensor];
      return {
        logits: () => {
          const weighted = tf.mul(dy, y);
          return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y));
        },
      };
    },
  },
};
