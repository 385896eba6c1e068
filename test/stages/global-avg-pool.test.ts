import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { globalAvgPool, OptionError, ShapeError, useEngine } from 'sluice';
import { compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';

describe.each(ENGINES)('globalAvgPool on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('takes the mean of each channel', () => {
    // Channel 0: (1 + 2 + 3 + 6) / 4 = 3; channel 1: (10 + 20 + 30 + 40) / 4 = 25
    const x: Grid = { shape: [1, 2, 2, 2], data: [1, 10, 2, 20, 3, 30, 6, 40] };
    expect(compute(globalAvgPool(), x)).toEqual({ shape: [1, 2], data: [3, 25] });
  });

  test('keeps the pictures of a batch apart', () => {
    const x: Grid = { shape: [2, 1, 2, 1], data: [1, 3, 10, 30] };
    expect(compute(globalAvgPool(), x)).toEqual({ shape: [2, 1], data: [2, 20] });
  });

  test('of one pixel it is that pixel', () => {
    const x = randomGrid([3, 1, 1, 4]);
    expect(compute(globalAvgPool(), x)).toEqual({ shape: [3, 4], data: x.data });
  });

  test.each([[[2, 7, 7, 5]], [[1, 1, 9, 3]], [[1, 224, 224, 3]]])(
    '%j: as tfjs-layers and as a sum in double precision',
    (shape) => {
      const x = randomGrid(shape);
      const oracle = tf.tidy(() => {
        const y = tfl.layers.globalAveragePooling2d({}).apply(tf.tensor([...x.data], shape)) as tf.Tensor;
        return { shape: y.shape, data: Array.from(y.dataSync()) };
      });
      const [batch = 0, height = 0, width = 0, channels = 0] = shape;
      const sums = Array<number>(batch * channels).fill(0);
      x.data.forEach((value, i) => {
        const at = Math.floor(i / (height * width * channels)) * channels + (i % channels);
        sums[at] = (sums[at] ?? 0) + value;
      });
      const exact = { shape: [batch, channels], data: sums.map((sum) => sum / (height * width)) };
      const result = compute(globalAvgPool(), x);
      expectClose(result, exact);
      expectClose(result, oracle);
    },
  );
});

describe('globalAvgPool', () => {
  test.each([[[]], [[5]], [[1, 5]], [[4, 4, 3]], [[1, 0, 4, 3]], [[1, 4, 0, 3]], [[1, 4, 4, 0]], [[1, 4, 1.5, 3]]])(
    'refuses the shape %j',
    (shape) => {
      expect(() => globalAvgPool().outputShape(shape)).toThrow(ShapeError);
      expect(() => globalAvgPool({ name: 'g' }).build(shape)).toThrow(
        `g needs [batch, height, width, channels], but got [${shape.join(', ')}]`,
      );
    },
  );
  test.each(['', 'a/b', 7])('refuses the name %o', (name) => {
    expect(() => globalAvgPool({ name: name as never })).toThrow(OptionError);
  });
  test('has neither parameters nor multiply-accumulates', () => {
    expect(globalAvgPool().parameterCount([1, 7, 7, 1024])).toBe(0);
    expect(globalAvgPool().macs([1, 7, 7, 1024])).toBe(0);
  });
});
