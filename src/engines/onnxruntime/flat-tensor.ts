/** A tensor outside tfjs: its numbers (or a picture's bytes) in row-major order, and its shape. */
export interface FlatTensor<Data = Float32Array | Uint8Array> {
  readonly data: Data;
  readonly shape: readonly number[];
}
