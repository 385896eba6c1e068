import type { Tensor } from '@tensorflow/tfjs-core';
import { explicitPadding, type Shape, type Window } from '../stage/shape.ts';
import { activate, type Activation } from '../stage/activations.ts';

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
 * A padding as the kernels want it: explicit, for all four dimensions. A number, because for one tfjs takes the kernel's
 * height and the vertical stride for both directions; `same`, because tfjs-wasm leaves it to XNNPACK, which pads the
 * wrong way where the stride is larger than the window in one direction and not in the other.
 */
export function kernelPadding(input: Shape, window: Window): Shape[] {
  return [[0, 0], ...explicitPadding(input, window), [0, 0]];
}
