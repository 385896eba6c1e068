import { backend, Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { ShapeError } from '../../errors/errors.ts';
import type { Values } from './graph-session.ts';

/** tfjs's wasm backend, as far as it shows where a tensor lies in its memory. */
interface WasmMemory {
  typedArrayFromHeap?(tensor: Tensor): ArrayLike<number>;
}

/**
 * Reads one tensor after the other, on wasm into the same array: a new one of this size for every frame would cost more to
 * allocate and to collect than the copy does. What was read before is overwritten.
 */
export class TensorReader {
  #scratch = new Float32Array();

  read(data: unknown, stage: string): Values<Float32Array> {
    if (!(data instanceof Tensor)) {
      throw new ShapeError(`${stage} needs a tensor, but ${describeValue(data)} came`, { stage });
    }
    const { shape, size, dtype } = data;
    const lies = dtype === 'float32' ? (backend() as WasmMemory).typedArrayFromHeap?.(data) : undefined;
    if (lies) {
      if (this.#scratch.length !== size) this.#scratch = new Float32Array(size);
      this.#scratch.set(lies);
      return { data: this.#scratch, shape };
    }
    const numbers = data.dataSync();
    return { data: numbers instanceof Float32Array ? numbers : Float32Array.from(numbers), shape };
  }
}
