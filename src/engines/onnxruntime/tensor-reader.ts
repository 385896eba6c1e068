import { backend, Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { ShapeError } from '../../errors/errors.ts';
import type { FlatTensor } from './flat-tensor.ts';
import { isA } from '../../errors/is-a.ts';

/** The part of tfjs's wasm backend that gives direct access to a tensor's memory. */
interface WasmMemory {
  typedArrayFromHeap?(tensor: Tensor): ArrayLike<number>;
}

/**
 * Reads tensors out of tfjs, one after the other. On wasm it copies each into the same array, because allocating and
 * collecting an array per frame costs more than the copy. So a result is valid only until the next `read`.
 */
export class TensorReader {
  #scratch = new Float32Array();

  /** Throws `ShapeError`, with the name of the stage that reads, if `data` is not a tensor. */
  read(data: unknown, stage: string): FlatTensor<Float32Array> {
    if (!(data instanceof Tensor)) {
      throw new ShapeError(`${stage} needs a tensor, but got ${describeValue(data)}`, { stage });
    }
    const { shape, size, dtype } = data;
    const heap = dtype === 'float32' ? (backend() as WasmMemory).typedArrayFromHeap?.(data) : undefined;
    if (heap) {
      if (this.#scratch.length !== size) this.#scratch = new Float32Array(size);
      this.#scratch.set(heap);
      return { data: this.#scratch, shape };
    }
    const numbers = data.dataSync();
    return { data: isA('Float32Array', numbers) ? numbers : Float32Array.from(numbers), shape };
  }
}
