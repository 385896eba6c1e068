import { Tensor } from '@tensorflow/tfjs-core';

/** @internal Whether a frame's data is a tensor. `instanceof Tensor` alone reads `data`, for which a picture may have to be read. */
export function isTensor(data: unknown): data is Tensor {
  return typeof data === 'object' && data !== null && 'dataSync' in data && data instanceof Tensor;
}
