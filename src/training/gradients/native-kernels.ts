import { Conv2DBackpropFilter, getBackend, getKernel } from '@tensorflow/tfjs-core';

/**
 * Whether the backend has a fast kernel of its own for a gradient. Those that wasm has for convolutions are plain loops: from 64×8×8×128
 * back to 64 channels through 3×3 they take 179 ms, and a convolution 20 ms. That of cpu for a convolution's kernel looks up each number by
 * its place in four dimensions: for 32×14×14×6 and 5×5×6×16 it takes 1,350 ms, and a convolution 28 ms.
 */
export function hasFastKernel(name: string): boolean {
  const backend = getBackend();
  if (backend === 'wasm' || (backend === 'cpu' && name === Conv2DBackpropFilter)) return false;
  return Boolean(getKernel(name, backend));
}
