import type { Attribute, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';

/** The attributes that a kernel was run with. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** The gradients of a kernel's inputs, by their names, each computed when it is needed. Each gives a new tensor. */
export type InputGradients = Readonly<Record<string, () => Tensor>>;

/** How the gradient of a kernel's output becomes the gradients of its inputs: its vector-Jacobian product. */
export interface KernelGradient {
  /** The inputs that the gradient is computed from, by their names, or all of them for a kernel with a list of inputs. */
  readonly inputs?: readonly string[] | 'all';
  /** Whether the output is needed as well. It follows the inputs. */
  readonly output?: boolean;
  /** `dy` is the gradient of the output; `saved` are the inputs and the output. */
  readonly of: (dy: Tensor, saved: readonly Tensor[], attributes: Attributes) => InputGradients;
}

/** Kernels with several outputs get the gradients of all of them. */
export interface OutputsGradient {
  readonly inputs?: readonly string[];
  readonly ofAll: (dys: readonly Tensor[], saved: readonly Tensor[], attributes: Attributes) => InputGradients;
}

/** The gradient of an input with this shape, which was broadcast: summed over what was repeated. Gives a new tensor. */
export function summedTo(shape: Shape, gradient: Tensor): Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, [...shape]);
}

/** 1 where a > b, otherwise 0, without truth values: those of webgpu can't be moved like numbers. */
export function isGreater(a: Tensor, b: Tensor | number): Tensor {
  return tf.step(tf.sub(a, b));
}

/** 1 where a ≤ b, otherwise 0. */
export function isAtMost(a: Tensor, b: Tensor | number): Tensor {
  return tf.sub(1, isGreater(a, b));
}
