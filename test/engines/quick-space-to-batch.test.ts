import * as tf from '@tensorflow/tfjs-core';
import { useEngine } from 'sluice';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../support/random.ts';

// The cpu backend has kernels of its own, which sluice leaves as they are.

type Sizes = readonly number[];
type Sides = [number, number][];
const values = (shape: Sizes) => {
  const random = randomFrom(3);
  return Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => Math.round(random() * 100));
};

async function both(shape: Sizes, dtype: 'float32' | 'int32' | 'bool', compute: (x: tf.Tensor) => tf.Tensor) {
  const results: { readonly shape: Sizes; readonly data: readonly number[] }[] = [];
  for (const engine of ['cpu', 'wasm'] as const) {
    await useEngine(engine);
    const given = values(shape).map((value) => (dtype === 'bool' ? value % 2 : value));
    const output = tf.tidy(() => compute(tf.tensor(given, [...shape], dtype)));
    results.push({ shape: output.shape, data: Array.from(await output.data()) });
    output.dispose();
  }
  return results;
}

describe('wasm packs blocks as cpu does', () => {
  it.each<[Sizes, Sizes, Sides, 'float32' | 'int32' | 'bool']>([
    [
      [1, 4, 4, 3],
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
      'float32',
    ],
    [
      [2, 5, 7, 2],
      [2, 3],
      [
        [1, 0],
        [2, 0],
      ],
      'float32',
    ],
    [
      [1, 3, 3, 1],
      [4, 4],
      [
        [2, 3],
        [3, 2],
      ],
      'int32',
    ],
    [[3, 6, 2], [3], [[0, 0]], 'float32'],
    [
      [1, 2, 2, 2, 2],
      [2, 2],
      [
        [0, 0],
        [1, 1],
      ],
      'bool',
    ],
    [
      [1, 1, 1, 1],
      [1, 1],
      [
        [0, 0],
        [0, 0],
      ],
      'float32',
    ],
  ])('%j by %j with %j of %s', async (shape, block, paddings, dtype) => {
    const [cpu, wasm] = await both(shape, dtype, (x) => tf.spaceToBatchND(x, [...block], paddings));
    expect(wasm).toEqual(cpu);
    const [from, to] = await both(shape, dtype, (x) =>
      tf.batchToSpaceND(tf.spaceToBatchND(x, [...block], paddings), [...block], paddings),
    );
    expect(to).toEqual(from);
    expect(to?.data).toEqual(values(shape).map((value) => (dtype === 'bool' ? value % 2 : value)));
  });

  it('also blocks of three dimensions, with the kernel of tfjs', async () => {
    const [cpu, wasm] = await both([1, 2, 2, 2], 'float32', (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2, 2],
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      ),
    );
    expect(wasm).toEqual(cpu);
  });

  it('keeps nothing', async () => {
    await useEngine('wasm');
    const x = tf.ones([1, 8, 8, 4]);
    const before = tf.memory().numTensors;
    const none: Sides = [
      [0, 0],
      [0, 0],
    ];
    tf.tidy(() => void tf.batchToSpaceND(tf.spaceToBatchND(x, [2, 2], none), [2, 2], none));
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it('refuses sizes that the block does not divide', async () => {
    await useEngine('wasm');
    const x = tf.ones([1, 3, 3, 1]);
    expect(() =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    ).toThrow('must be divisible by');
    expect(() =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    ).toThrow('divisible');
    x.dispose();
  });
});
