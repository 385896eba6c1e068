import { describe, expect, it } from 'vitest';
import { joinBatch, splitBatch } from '../../src/engines/onnxruntime/batching.ts';

const batch = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 1, 2] };

describe('splitBatch', () => {
  it('gives each frame as a batch of one, in the memory of the whole', () => {
    const frames = splitBatch(batch);
    expect(frames.map(({ data, shape }) => [[...data], shape])).toEqual([
      [
        [1, 2],
        [1, 1, 2],
      ],
      [
        [3, 4],
        [1, 1, 2],
      ],
      [
        [5, 6],
        [1, 1, 2],
      ],
    ]);
    expect(frames.every(({ data }) => data.buffer === batch.data.buffer)).toBe(true);
  });

  it('keeps bytes as bytes', () => {
    const [first] = splitBatch({ data: Uint8Array.of(7, 8), shape: [2, 1] });
    expect(first?.data).toEqual(Uint8Array.of(7));
  });

  it('gives nothing for a batch of none', () => {
    expect(splitBatch({ data: new Float32Array(), shape: [0, 4] })).toEqual([]);
  });
});

describe('joinBatch', () => {
  it('is the opposite of splitBatch', () => {
    expect(joinBatch(splitBatch(batch) as never)).toEqual(batch);
  });

  it('gives a single frame back as it is, without a copy', () => {
    const one = { data: Float32Array.of(1, 2), shape: [1, 2] };
    expect(joinBatch([one])).toBe(one);
  });

  it('gives an empty tensor for no frames', () => {
    expect(joinBatch([])).toEqual({ data: new Float32Array(), shape: [] });
  });
});
