import { keep, reshape, type Tensor } from '@tensorflow/tfjs-core';

/**
 * @internal A tensor that shares the memory of another one and is disposed separately. A reshape shares memory on every
 * engine; a clone copies on wasm.
 */
export function shareTensor<T extends Tensor>(tensor: T): T {
  return keep(reshape(tensor, tensor.shape)) as T;
}
