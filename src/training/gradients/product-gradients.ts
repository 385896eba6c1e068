import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { columnSums } from './column-sums.ts';
import type { KernelGradient } from './kernel-gradient.ts';
import { product } from './product.ts';
import { beforeActivation } from './value-gradients.ts';

/** A batch of one matrix that was multiplied by many: the gradients of all are added up. */
function sumOf(shape: readonly number[], products: Tensor): Tensor {
  const one = (shape[0] ?? 1) === 1 && (products.shape[0] ?? 1) > 1;
  return tf.reshape(one ? tf.sum(products, 0, true) : products, [...shape]);
}

/** @internal The gradients of y = a b, for batches of matrices: dy bᵀ and aᵀ dy, with bias and activation. */
export const PRODUCT_GRADIENT: KernelGradient = {
  inputs: ['a', 'b'],
  output: true,
  of(dy, saved, attributes) {
    const [a, b, y] = saved as [Tensor3D, Tensor3D, Tensor];
    const { transposeA = false, transposeB = false } = attributes;
    const before = beforeActivation(dy, y, attributes);
    return {
      a: () =>
        sumOf(
          a.shape,
          transposeA ? product(b, before, transposeB === true, true) : product(before, b, false, transposeB !== true),
        ),
      b: () =>
        sumOf(
          b.shape,
          transposeB ? product(before, a, true, transposeA === true) : product(a, before, transposeA !== true, false),
        ),
      bias: () => columnSums(before),
    };
  },
};
