import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../stage/shape.ts';
import { explicitPadding, type Window } from '../stage/window.ts';
import { activate, type Activation } from '../stage/activations.ts';

/** The activations that the kernels of every backend can compute themselves, with the kernels' names for them. */
const FUSED: Partial<Record<Activation, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  elu: 'elu',
  leakyRelu: 'leakyrelu',
};

/** The kernel attributes for an activation, and what has to be computed after the kernel. */
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
 * The padding for the kernels, always explicit and for all four dimensions, because of two faults of tfjs. For a number it
 * uses the kernel's height and the vertical stride in both directions. For `same`, tfjs-wasm relies on XNNPACK, whose
 * padding is wrong where the stride is larger than the window in only one direction.
 */
export function kernelPadding(input: Shape, window: Window): Shape[] {
  return [[0, 0], ...explicitPadding(input, window), [0, 0]];
}
