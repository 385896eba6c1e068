import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../shape.ts';
import type { Padding } from '../shape.ts';
import { activate, type Activation } from './activation.ts';

/** The activations every backend can do inside a convolution, by the kernels' names for them. */
const FUSED: Partial<Record<Activation, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  elu: 'elu',
  leakyRelu: 'leakyrelu',
};

/** How a kernel is told its activation, and what is left to do after it. */
export function fuse(kind: Activation): { attributes: object; after: (x: Tensor) => Tensor } {
  const fused = FUSED[kind];
  if (fused) return { attributes: { activation: fused, leakyreluAlpha: 0.2 }, after: (x) => x };
  const after = (x: Tensor) => {
    const y = activate(x, kind);
    x.dispose();
    return y;
  };
  return { attributes: { activation: 'linear', leakyreluAlpha: 0 }, after };
}

/**
 * A padding as the kernels want it: explicit ones for all four dimensions. A number becomes explicit, too: for one, tfjs
 * takes the kernel's height and the vertical stride for both directions.
 */
export function kernelPadding(padding: Padding): string | Shape[] {
  if (typeof padding === 'string') return padding;
  const [rows, columns] =
    typeof padding === 'number'
      ? [
          [padding, padding],
          [padding, padding],
        ]
      : padding;
  return [[0, 0], rows, columns, [0, 0]];
}
