import { keep, reshape, type Tensor } from '@tensorflow/tfjs-core';

/**
 * @internal The same numbers in the same memory, as a tensor to be disposed by itself. A reshape shares its input's memory
 * on every engine; a clone copies it on wasm.
 */
export function shareTensor<T extends Tensor>(tensor: T): T {
  return keep(reshape(tensor, tensor.shape)) as T;
}
