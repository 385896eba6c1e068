import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { columnSums } from './column-sums.ts';
import type { InputGradients, KernelGradient } from './kernel-gradient.ts';
import { kernelWindow, type KernelWindow } from './kernel-window.ts';
import { beforeActivation } from './value-gradients.ts';

/** What all convolutions share: `gradients` are those of the picture and the filter, from the gradient before the activation. */
export function windowGradient(
  gradients: (dy: Tensor, x: Tensor, filter: Tensor4D, window: KernelWindow) => InputGradients,
): KernelGradient {
  return {
    inputs: ['x', 'filter'],
    output: true,
    of(dy, saved, attributes) {
      const [x, filter, y] = saved as [Tensor, Tensor4D, Tensor];
      const before = beforeActivation(dy, y, attributes);
      const window = kernelWindow(x.shape, [filter.shape[0], filter.shape[1]], attributes);
      return { bias: () => columnSums(before), ...gradients(before, x, filter, window) };
    },
  };
}
