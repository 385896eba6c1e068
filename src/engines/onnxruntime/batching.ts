import type { FlatTensor } from './flat-tensor.ts';

/** How a merged graph runs a batch: all frames in one run of the session, or each frame in a run of its own. */
export type Batching = 'together' | 'one-by-one';

/** Splits a batch into batches of one frame. The results share the memory of the input. */
export function splitBatch({ data, shape: [count = 1, ...each] }: FlatTensor): FlatTensor[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({
    data: data.subarray(i * size, (i + 1) * size),
    shape: [1, ...each],
  }));
}

/** Joins batches of one frame, all of the same shape, into one batch. A single one is returned as it is. */
export function joinBatch(frames: readonly FlatTensor<Float32Array>[]): FlatTensor<Float32Array> {
  const [first, ...others] = frames;
  if (!first || others.length === 0) return first ?? { data: new Float32Array(), shape: [] };
  const size = first.data.length;
  const data = new Float32Array(frames.length * size);
  frames.forEach((frame, i) => data.set(frame.data, i * size));
  return { data, shape: [frames.length, ...first.shape.slice(1)] };
}
