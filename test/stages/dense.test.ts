import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { dense, OptionError, ShapeError, useEngine, WeightsError, type Activation } from 'sluice';
import { asWeight, compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { referenceActivation, referenceDense, type Grid } from '../support/reference.ts';

const ACTIVATIONS: Activation[] = ['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'elu', 'leakyRelu', 'softmax'];

describe.each(ENGINES)('dense on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('multiplies and adds', () => {
    //                1 2
    // y = (5 6 7) ·  3 4  + (100 200) = (5 + 18 + 35 + 100, 10 + 24 − 7 + 200) = (158, 227)
    //                5 −1
    const x: Grid = { shape: [1, 3], data: [5, 6, 7] };
    const stage = dense({
      units: 2,
      weights: {
        kernel: [
          [1, 2],
          [3, 4],
          [5, -1],
        ],
        bias: [100, 200],
      },
    });
    expect(compute(stage, x)).toEqual({ shape: [1, 2], data: [158, 227] });
  });

  test('without bias', () => {
    const stage = dense({ units: 1, useBias: false, weights: { kernel: [[2], [3]] } });
    expect(compute(stage, { shape: [2, 2], data: [1, 0, 0, 1] })).toEqual({ shape: [2, 1], data: [2, 3] });
  });

  test.each([
    [1, 1, 1],
    [3, 7, 5],
    [1, 400, 120],
    [4, 64, 1001],
  ])('batch %i, %i → %i: as nested loops compute it', (batch, inputs, units) => {
    const x = randomGrid([batch, inputs]);
    const kernel = randomGrid([inputs, units], 2);
    const bias = randomGrid([units], 3);
    const stage = dense({ units, weights: { kernel: asWeight(kernel), bias: asWeight(bias) } });
    expectClose(compute(stage, x), referenceDense(x, kernel, bias.data));
  });

  test.each(ACTIVATIONS)('%s follows the sum', (activation) => {
    const x = { shape: [3, 6], data: randomGrid([3, 6]).data.map((value) => 6 * value) };
    const kernel = randomGrid([6, 5], 2);
    const bias = randomGrid([5], 3);
    for (const useBias of [true, false]) {
      const weights = { kernel: asWeight(kernel), ...(useBias ? { bias: asWeight(bias) } : {}) };
      const sums = referenceDense(x, kernel, useBias ? bias.data : []);
      expectClose(compute(dense({ units: 5, activation, useBias, weights }), x), referenceActivation(sums, activation));
    }
  });

  test.each(['linear', 'relu', 'sigmoid', 'softmax'] as const)('as tfjs-layers: %s', (activation) => {
    const x = randomGrid([4, 9]);
    const kernel = randomGrid([9, 6], 2);
    const bias = randomGrid([6], 3);
    const layer = tfl.layers.dense({ units: 6, activation, inputShape: [9] });
    const model = tfl.sequential({ layers: [layer] });
    const oracle = tf.tidy(() => {
      layer.setWeights([tf.tensor([...kernel.data], [9, 6]), tf.tensor([...bias.data], [6])]);
      const y = model.predict(tf.tensor([...x.data], [4, 9])) as tf.Tensor;
      return { shape: y.shape, data: Array.from(y.dataSync()) };
    });
    model.dispose();
    expectClose(
      compute(dense({ units: 6, activation, weights: { kernel: asWeight(kernel), bias: asWeight(bias) } }), x),
      oracle,
    );
  });

  test('takes a larger batch than it was built for', () => {
    const kernel = dense({ units: 2, seed: 1 }).build([1, 3]);
    const x = tf.zeros<tf.Rank.R2>([5, 3]);
    const y = kernel.run(x);
    expect(y.shape).toEqual([5, 2]);
    tf.dispose([x, y]);
    kernel.dispose();
  });
});

describe('dense', () => {
  test('counts as the textbook: 40,000 → 1,000 takes forty million weights', () => {
    expect(dense({ units: 1000, useBias: false }).parameterCount([1, 40_000])).toBe(40_000_000);
    expect(dense({ units: 1000 }).parameterCount([1, 40_000])).toBe(40_001_000);
    expect(dense({ units: 1000 }).macs([1, 40_000])).toBe(40_000_000);
    expect(dense({ units: 1000 }).macs([3, 40_000])).toBe(120_000_000);
  });
  test.each([0, -1, 1.5, NaN, Infinity, '3', '__proto__', {}, undefined, 3n])('refuses units %o', (units) => {
    expect(() => dense({ units: units as never })).toThrow(OptionError);
    expect(() => dense({ units: units as never, name: 'fc' })).toThrow(
      /^fc: units must be a whole number of at least 1, not /,
    );
  });
  test('refuses an activation, a name and a seed that do not exist', () => {
    expect(() => dense({ units: 1, activation: '__proto__' as never })).toThrow(OptionError);
    expect(() => dense({ units: 1, name: 'fc/1' })).toThrow(OptionError);
    expect(() => dense({ units: 1, seed: 0.5 })).toThrow('dense: seed must be a whole number, not 0.5');
  });
  test.each([[[]], [[8]], [[1, 4, 4, 8]], [[1, 0]], [[0, 4]], [[1, 2.5]]])('refuses the shape %j', (shape) => {
    expect(() => dense({ units: 2, seed: 1 }).outputShape(shape)).toThrow(ShapeError);
    expect(() => dense({ units: 2, seed: 1, name: 'fc' }).build(shape)).toThrow(
      `fc needs [batch, values], but got [${shape.join(', ')}]`,
    );
  });
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['missing', {}, /^dense has no kernel \[3, 2\]/],
    [
      'transposed',
      {
        kernel: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        bias: [0, 0],
      },
      /kernel must be \[3, 2\] \(6 numbers\), but got \[2, 3\] \(6 numbers\)/,
    ],
    ['unknown', { kernel: new Float32Array(6), bias: [0, 0], scale: [1] }, /has no weight scale; it has kernel, bias/],
    ['bias of another length', { kernel: new Float32Array(6), bias: [0] }, /bias must be \[2\]/],
    ['empty', { kernel: [], bias: [] }, /kernel must be \[3, 2\]/],
  ])('refuses weights %s', (_what, weights, message) => {
    const before = tf.memory().numTensors;
    expect(() => dense({ units: 2 }).build([1, 3], weights as never)).toThrow(message);
    expect(() => dense({ units: 2, weights: weights as never }).build([1, 3])).toThrow(WeightsError);
    expect(tf.memory().numTensors).toBe(before);
  });
  test('draws from its seed', async () => {
    await useEngine('cpu');
    const seeded = (seed: number) => compute(dense({ units: 4, seed }), randomGrid([1, 8])).data;
    expect(seeded(3)).toEqual(seeded(3));
    expect(seeded(3)).not.toEqual(seeded(4));
  });
});
