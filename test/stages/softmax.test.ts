import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { OptionError, ShapeError, softmax, useEngine, WeightsError } from 'sluice';
import { compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { referenceSoftmax, type Grid } from '../support/reference.ts';

const row = (...data: number[]): Grid => ({ shape: [1, data.length], data });

describe.each(ENGINES)('softmax on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('turns the textbook’s scores into its probabilities', () => {
    // e^0.87 = 2.387, e^3.2 = 24.53, e^0.31 = 1.363, e^7.2 = 1339.4, e^1.2 = 3.320, e^0.4 = 1.492; together 1372.5
    const { data } = compute(softmax(), row(0.87, 3.2, 0.31, 7.2, 1.2, 0.4));
    expect(data.map((p) => p.toPrecision(2))).toEqual(['0.0017', '0.018', '0.00099', '0.98', '0.0024', '0.0011']);
    expect(data.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });

  test('of equal scores everyone gets the same', () => {
    expectClose(compute(softmax(), row(5, 5, 5, 5)), row(0.25, 0.25, 0.25, 0.25), 1e-7);
  });

  test('temperature divides the scores: ln 3 / 1 → 3 : 1, ln 3 / 0.5 → 9 : 1, ln 81 / 4 → 3 : 1', () => {
    expectClose(compute(softmax(), row(Math.log(3), 0)), row(0.75, 0.25));
    expectClose(compute(softmax({ temperature: 0.5 }), row(Math.log(3), 0)), row(0.9, 0.1));
    expectClose(compute(softmax({ temperature: 4 }), row(Math.log(81), 0)), row(0.75, 0.25));
  });

  test('huge scores overflow nothing', () => {
    // 1e4 − 1 against 1e4: 1 : e = 0.268941 : 0.731059
    expectClose(compute(softmax(), row(1e4 - 1, 1e4)), row(0.268941, 0.731059));
    expectClose(compute(softmax(), row(-1e4 - 1, -1e4)), row(0.268941, 0.731059));
    expectClose(compute(softmax(), row(1e4, -1e4, 3e38)), row(0, 0, 1));
    expectClose(compute(softmax({ temperature: 1e-3 }), row(10, 20)), row(0, 1));
  });

  test.each([[[2, 6]], [[1, 1001]], [[3, 1]], [[7]], [[2, 3, 4, 5]]])(
    '%j: over the last dimension, as its definition',
    (shape) => {
      const x = { shape, data: randomGrid(shape).data.map((value) => 9 * value) };
      for (const temperature of [1, 0.3, 7]) {
        expectClose(compute(softmax({ temperature }), x), referenceSoftmax(x, temperature));
      }
    },
  );

  test('as tfjs-layers', () => {
    const x = randomGrid([4, 9]);
    const oracle = tf.tidy(() => {
      const y = tfl.layers.softmax().apply(tf.tensor([...x.data], [4, 9])) as tf.Tensor;
      return { shape: y.shape, data: Array.from(y.dataSync()) };
    });
    expectClose(compute(softmax(), x), oracle);
  });
});

describe('softmax', () => {
  test.each([0, -1, NaN, Infinity, -Infinity, '2', '__proto__', null, {}, [1], 2n, true])(
    'refuses the temperature %o',
    (temperature) => {
      expect(() => softmax({ temperature: temperature as never })).toThrow(OptionError);
      expect(() => softmax({ name: 's', temperature: temperature as never })).toThrow(
        /^s: temperature must be a number over 0, not /,
      );
    },
  );
  test.each([[[]], [[1, 0]], [[0, 3]], [[1, NaN]]])('refuses the shape %j', (shape) => {
    expect(() => softmax().outputShape(shape)).toThrow(ShapeError);
    expect(() => softmax({ name: 's' }).build(shape)).toThrow(`s needs […, classes], but got [${shape.join(', ')}]`);
  });
  test.each(['', 'a/b', 7])('refuses the name %o', (name) => {
    expect(() => softmax({ name: name as never })).toThrow(OptionError);
  });
  test('keeps its shape and has no weights', () => {
    expect(softmax().outputShape([2, 5])).toEqual([2, 5]);
    expect(() => softmax().build([1, 3], { kernel: [1] })).toThrow(WeightsError);
    expect(softmax({ temperature: 2 }).named('s').spec).toEqual({ op: 'softmax', name: 's', temperature: 2 });
  });
});
