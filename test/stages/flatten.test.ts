import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { flatten, OptionError, ShapeError, useEngine, WeightsError } from 'sluice';
import { compute, ENGINES, randomGrid } from '../support/compute.ts';

describe.each(ENGINES)('flatten on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('lays a picture out row by row, channels fastest', () => {
    // Row 0: pixels (1, 2) and (3, 4); row 1: (5, 6) and (7, 8)
    const x = { shape: [1, 2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] };
    expect(compute(flatten(), x)).toEqual({ shape: [1, 8], data: [1, 2, 3, 4, 5, 6, 7, 8] });
  });

  test.each([[[3, 2, 2, 2]], [[3, 8]], [[3]], [[2, 3, 1, 2, 2]]])(
    '%j: one row per picture, as tfjs-layers',
    (shape) => {
      const x = randomGrid(shape);
      const result = compute(flatten(), x);
      expect(result).toEqual({ shape: [shape[0], x.data.length / (shape[0] ?? 1)], data: x.data });
      // tfjs-layers takes rank 3 and more.
      if (shape.length < 3) return;
      const oracle = tf.tidy(() =>
        (tfl.layers.flatten().apply(tf.tensor([...x.data], shape)) as tf.Tensor).arraySync(),
      );
      expect(tf.tidy(() => tf.tensor2d([...result.data], result.shape as [number, number]).arraySync())).toEqual(
        oracle,
      );
    },
  );

  test('gives a tensor of its own: freeing the input leaves it alive', () => {
    const kernel = flatten().build([1, 1, 2, 1]);
    const x = tf.tensor4d([1, 2], [1, 1, 2, 1]);
    const y = kernel.run(x);
    x.dispose();
    expect(Array.from(y.dataSync())).toEqual([1, 2]);
    y.dispose();
    kernel.dispose();
  });

  test('takes a larger batch than it was built for', () => {
    const kernel = flatten().build([1, 2, 2, 1]);
    const x = tf.zeros([5, 2, 2, 1]);
    const y = kernel.run(x);
    expect(y.shape).toEqual([5, 4]);
    tf.dispose([x, y]);
    kernel.dispose();
  });
});

describe('flatten', () => {
  test('has the size of the textbook', () => {
    expect(flatten().outputShape([1, 200, 200, 1])).toEqual([1, 40_000]);
  });
  test.each([[[]], [[0, 4]], [[1, 0]], [[1, 2.5]], [[1, NaN]], [[1, -3, 4]]])('refuses the shape %j', (shape) => {
    expect(() => flatten({ name: 'f' }).outputShape(shape)).toThrow(ShapeError);
    expect(() => flatten({ name: 'f' }).build(shape)).toThrow(/^f needs \[batch, …\], but /);
  });
  test.each(['', 'a/b', 7])('refuses the name %o', (name) => {
    expect(() => flatten({ name: name as never })).toThrow(OptionError);
  });
  test('has no weights', () => {
    expect(flatten().parameterCount([1, 4, 4, 1])).toBe(0);
    expect(() => flatten().build([1, 4], { bias: [1] })).toThrow(WeightsError);
  });
});
