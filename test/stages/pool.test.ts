import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { avgPool, maxPool, OptionError, ShapeError, useEngine } from 'sluice';
import { compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { referencePool, type Grid, type ReferenceWindow } from '../support/reference.ts';

const WINDOWS: Record<string, Partial<ReferenceWindow>> = {
  'side by side': {},
  overlapping: { strides: [1, 1] },
  'strides over the window': { strides: [4, 5] },
  'window 1 × 1': { size: [1, 1], strides: [1, 1] },
  'window 1 × 1, stride 2': { size: [1, 1], strides: [2, 2] },
  'window 1 × 3, strides [1, 2]': { size: [1, 3], strides: [1, 2] },
  'as large as the picture': { size: [9, 8], strides: [1, 1] },
  same: { padding: 'same' },
  'same, strides [2, 1]': { padding: 'same', strides: [2, 1] },
  'same, larger than the picture': { padding: 'same', size: [23, 30], strides: [1, 2] },
  'same, about twice the picture': { padding: 'same', size: [18, 16], strides: [2, 1] },
  'same, strides over the window': { padding: 'same', strides: [4, 3] },
  'padding 1': { padding: 1, size: [3, 3], strides: [2, 2] },
  'padding 1, oblong': { padding: 1, size: [2, 4], strides: [1, 3] },
  'explicit padding': {
    padding: [
      [2, 0],
      [1, 0],
    ],
  },
};
const whole = (some: Partial<ReferenceWindow>): ReferenceWindow => ({
  size: [3, 2],
  strides: some.strides ?? some.size ?? [3, 2],
  padding: 'valid',
  dilation: [1, 1],
  ...some,
});
const STAGES = { max: maxPool, avg: avgPool };
const oneToNine: Grid = { shape: [1, 3, 3, 1], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
const negative: Grid = { shape: [1, 2, 2, 1], data: [-1, -2, -3, -4] };

describe.each(ENGINES)('on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('maxPool takes the largest under each window', () => {
    // 1 2 3
    // 4 5 6 → windows of 2 × 2, one step apart: 5 6 / 8 9
    // 7 8 9
    expect(compute(maxPool({ poolSize: 2, strides: 1 }), oneToNine)).toEqual({
      shape: [1, 2, 2, 1],
      data: [5, 6, 8, 9],
    });
    expect(compute(maxPool({ poolSize: 2 }), oneToNine)).toEqual({ shape: [1, 1, 1, 1], data: [5] });
  });

  test('maxPool: padding never wins, also over negative values', () => {
    // One pixel of padding on each side, windows of 2: each sees one of the four pixels.
    expect(compute(maxPool({ poolSize: 2, padding: 1 }), negative).data).toEqual([-1, -2, -3, -4]);
  });

  test('avgPool takes the mean under each window', () => {
    // (1 + 2 + 4 + 5) / 4 = 3, (2 + 3 + 5 + 6) / 4 = 4, (4 + 5 + 7 + 8) / 4 = 6, (5 + 6 + 8 + 9) / 4 = 7
    expect(compute(avgPool({ poolSize: 2, strides: 1 }), oneToNine).data).toEqual([3, 4, 6, 7]);
  });

  test('avgPool: padding does not count', () => {
    // Each window sees one pixel: its mean is that pixel, not a quarter of it.
    expect(compute(avgPool({ poolSize: 2, padding: 1 }), negative).data).toEqual([-1, -2, -3, -4]);
    // 'same', 3 pixels, windows of 2: (1 + 2) / 2, then 3 alone
    const row: Grid = { shape: [1, 1, 3, 1], data: [1, 2, 3] };
    expect(compute(avgPool({ poolSize: [1, 2], padding: 'same' }), row).data).toEqual([1.5, 3]);
  });

  describe.each(['max', 'avg'] as const)('%sPool', (kind) => {
    test.each(Object.entries(WINDOWS))('%s: as nested loops compute it', (_name, some) => {
      const window = whole(some);
      const x = randomGrid([2, 9, 8, 3]);
      const stage = STAGES[kind]({ poolSize: window.size, strides: window.strides, padding: window.padding });
      expectClose(compute(stage, x), referencePool(kind, x, window));
    });

    test('without strides the windows lie side by side', () => {
      const x = randomGrid([1, 9, 8, 2]);
      const stage = STAGES[kind]({ poolSize: [3, 2] });
      expectClose(compute(stage, x), referencePool(kind, x, whole({})));
      expect(stage.spec).toEqual({ op: `${kind}Pool`, poolSize: [3, 2], strides: [3, 2], padding: 'valid' });
    });

    test.each([
      ['valid', [2, 2], [2, 2]],
      ['same', [3, 2], [2, 2]],
      ['same', [2, 3], [1, 3]],
    ] as const)('as tfjs-layers: %s, pool %j, strides %j', (padding, poolSize, strides) => {
      const x = randomGrid([2, 7, 9, 3]);
      const args = { padding, poolSize: [...poolSize] as [number, number], strides: [...strides] as [number, number] };
      const layer = kind === 'max' ? tfl.layers.maxPooling2d(args) : tfl.layers.averagePooling2d(args);
      const oracle = tf.tidy(() => {
        const y = layer.apply(tf.tensor([...x.data], [2, 7, 9, 3])) as tf.Tensor;
        return { shape: y.shape, data: Array.from(y.dataSync()) };
      });
      expectClose(compute(STAGES[kind]({ padding, poolSize, strides }), x), oracle);
    });
  });
});

describe.each(['max', 'avg'] as const)('%sPool is told impossible things', (kind) => {
  const pool = STAGES[kind];
  test.each([0, -1, 1.5, NaN, '2', '__proto__', {}, 3n].map((value) => [value]))('poolSize and strides %o', (value) => {
    expect(() => pool({ poolSize: value as never })).toThrow(`${kind}Pool: poolSize must be a whole number`);
    expect(() => pool({ poolSize: 2, strides: value as never })).toThrow(`${kind}Pool: strides must be a whole number`);
    expect(() => pool({ poolSize: [2, value] as never })).toThrow(OptionError);
  });
  test('no poolSize', () => {
    expect(() => pool({} as never)).toThrow(`${kind}Pool: poolSize must be`);
  });
  test.each(
    [
      'full',
      -1,
      0.5,
      NaN,
      [[1, 1]],
      [
        [1, 1],
        [1, -1],
      ],
    ].map((value) => [value]),
  )('padding %o', (padding) => {
    expect(() => pool({ poolSize: 3, padding: padding as never })).toThrow(OptionError);
  });
  test.each([
    [2, 2],
    [2, 3],
    [[2, 3], 2],
    [
      2,
      [
        [0, 2],
        [0, 0],
      ],
    ],
    [
      [3, 1],
      [
        [1, 1],
        [0, 1],
      ],
    ],
  ] as const)('a window in the padding alone: pool %j, padding %j', (poolSize, padding) => {
    expect(() => pool({ poolSize, padding, name: 'p' })).toThrow(/^p: padding .* must be smaller than poolSize/);
    expect(() => pool({ poolSize, padding })).toThrow(OptionError);
  });
  test('padding just smaller than the window is fine', () => {
    expect(
      pool({
        poolSize: [3, 2],
        strides: 1,
        padding: [
          [2, 2],
          [1, 1],
        ],
      }).outputShape([1, 1, 1, 1]),
    ).toEqual([1, 3, 2, 1]);
  });
  test.each([[[]], [[8, 8, 3]], [[1, 8, 8]], [[1, 1, 8, 3]], [[1, 8, 1, 3]], [[1, 8, 8, 0]], [[0, 8, 8, 1]]])(
    'shape %j',
    (shape) => {
      expect(() => pool({ poolSize: 2 }).outputShape(shape)).toThrow(ShapeError);
      expect(() => pool({ poolSize: 2, name: 'p' }).build(shape)).toThrow(/^p /);
    },
  );
  test('weights it does not have', () => {
    expect(pool({ poolSize: 2 }).parameterCount([1, 4, 4, 1])).toBe(0);
    expect(pool({ poolSize: 2 }).macs([1, 4, 4, 1])).toBe(0);
    expect(() => pool({ poolSize: 2 }).build([1, 4, 4, 1], { kernel: [1] })).toThrow(
      `${kind}Pool has no weight kernel; it has none`,
    );
  });
});
