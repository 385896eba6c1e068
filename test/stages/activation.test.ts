import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { activation, OptionError, useEngine, WeightsError, type Activation } from 'sluice';
import { compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { referenceActivation, type Grid } from '../support/reference.ts';

const row = (...data: number[]): Grid => ({ shape: [1, data.length], data });

// By hand; e⁻¹ = 0.367879, e⁻² = 0.135335, tanh 1 = 0.761594, 1 / (1 + e⁻¹) = 0.731059.
const BY_HAND: Record<Activation, [number[], number[]]> = {
  linear: [
    [-2, 0, 3],
    [-2, 0, 3],
  ],
  relu: [
    [-2, -0.5, 0, 3],
    [0, 0, 0, 3],
  ],
  relu6: [
    [-2, 0, 3, 6, 7],
    [0, 0, 3, 6, 6],
  ],
  sigmoid: [
    [-1, 0, 1],
    [0.268941, 0.5, 0.731059],
  ],
  tanh: [
    [-1, 0, 1],
    [-0.761594, 0, 0.761594],
  ],
  elu: [
    [-2, -1, 0, 3],
    [-0.864665, -0.632121, 0, 3],
  ],
  leakyRelu: [
    [-2, -1, 0, 3],
    [-0.4, -0.2, 0, 3],
  ],
  // Φ(1) = 0.841345, Φ(−2) = 0.022750
  gelu: [
    [-2, 0, 1],
    [-0.0455, 0, 0.841345],
  ],
  hardSigmoid: [
    [-3, -1, 0, 2, 3],
    [0, 0.3, 0.5, 0.9, 1],
  ],
  hardSwish: [
    [-4, -1.5, 0, 1.5, 4],
    [0, -0.375, 0, 1.125, 4],
  ],
  swish: [
    [-1, 0, 1],
    [-0.268941, 0, 0.731059],
  ],
  // 1.0507 · 1.67326 · (e⁻¹ − 1)
  selu: [
    [-1, 0, 1],
    [-1.111331, 0, 1.050701],
  ],
  // ln 2, ln(1 + e)
  softplus: [
    [0, 1],
    [Math.LN2, 1.313262],
  ],
  softsign: [
    [-3, 0, 1],
    [-0.75, 0, 0.5],
  ],
  // tanh(ln(1 + e)) = ((1 + e)² − 1) / ((1 + e)² + 1)
  mish: [
    [0, 1],
    [0, 0.865098],
  ],
  exponential: [
    [-1, 0, 1],
    [0.367879, 1, Math.E],
  ],
  // e⁰ : e¹ = 1 : 2.718282, together 3.718282
  softmax: [
    [0, 1],
    [0.268941, 0.731059],
  ],
};
const KINDS = Object.keys(BY_HAND) as Activation[];

describe.each(ENGINES)('activation on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('tanh of many values, which wasm computes in another way', () => {
    const x: Grid = { shape: [4, 1024], data: Array.from({ length: 4096 }, (_, i) => (i - 2048) / 40) };
    expectClose(compute(activation('tanh'), x), { shape: x.shape, data: x.data.map(Math.tanh) }, 1e-6);
  });

  test.each(KINDS)('%s by hand', (kind) => {
    const [input, output] = BY_HAND[kind];
    expectClose(compute(activation(kind), row(...input)), row(...output), 2e-6);
  });

  test.each(KINDS)('%s: as its definition, on pictures, rows and single values', (kind) => {
    for (const shape of [
      [2, 3, 5, 4],
      [3, 7],
      [1, 1],
    ]) {
      const x = { shape, data: randomGrid(shape).data.map((value) => 9 * value) };
      expectClose(compute(activation(kind), x), referenceActivation(x, kind));
    }
  });

  test.each(['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'elu', 'hardSigmoid', 'swish', 'softmax'] as const)(
    '%s: as tfjs-layers',
    (kind) => {
      const x = { shape: [2, 3, 5, 4], data: randomGrid([2, 3, 5, 4]).data.map((value) => 9 * value) };
      const oracle = tf.tidy(() => {
        const y = tfl.layers.activation({ activation: kind }).apply(tf.tensor([...x.data], [2, 3, 5, 4])) as tf.Tensor;
        return { shape: y.shape, data: Array.from(y.dataSync()) };
      });
      expectClose(compute(activation(kind), x), oracle);
    },
  );

  test('leakyRelu: as tfjs-layers with slope 0.2', () => {
    const x = randomGrid([2, 12]);
    const oracle = tf.tidy(() => {
      const y = tfl.layers.leakyReLU({ alpha: 0.2 }).apply(tf.tensor([...x.data], [2, 12])) as tf.Tensor;
      return { shape: y.shape, data: Array.from(y.dataSync()) };
    });
    expectClose(compute(activation('leakyRelu'), x), oracle);
  });

  test('far out nothing overflows', () => {
    expectClose(compute(activation('sigmoid'), row(-1e4, 1e4)), row(0, 1));
    expectClose(compute(activation('tanh'), row(-1e4, 1e4)), row(-1, 1));
    expectClose(compute(activation('elu'), row(-1e4, 1e4)), row(-1, 1e4));
    expectClose(compute(activation('softmax'), row(-1e4, 1e4)), row(0, 1));
    expectClose(compute(activation('softplus'), row(-1e4, 1e4)), row(0, 1e4));
    expectClose(compute(activation('mish'), row(-1e4, 1e4)), row(0, 1e4));
  });

  test('linear gives a tensor of its own: freeing the input leaves it alive', () => {
    const kernel = activation('linear').build([1, 2]);
    const x = tf.tensor2d([[1, 2]]);
    const y = kernel.run(x);
    x.dispose();
    expect(Array.from(y.dataSync())).toEqual([1, 2]);
    y.dispose();
    kernel.dispose();
  });
});

describe('activation', () => {
  test.each([
    'swoosh',
    'RELU',
    'leaky_relu',
    '',
    '__proto__',
    'constructor',
    'toString',
    0,
    NaN,
    null,
    undefined,
    {},
    ['relu'],
  ])('refuses the function %o', (kind) => {
    expect(() => activation(kind as never)).toThrow(OptionError);
    expect(() => activation(kind as never)).toThrow(/^activation: activation must be one of linear, relu, relu6, /);
  });
  test.each(['', 'a/b', 7])('refuses the name %o', (name) => {
    expect(() => activation('relu', { name: name as never })).toThrow(OptionError);
  });
  test('has no weights', () => {
    expect(activation('relu').weightShapes([1, 4])).toEqual({});
    expect(() => activation('relu').build([1, 4], { alpha: [1] })).toThrow(WeightsError);
  });
  test('keeps its shape, its name and being elementwise', () => {
    const relu = activation('relu', { name: 'r' });
    expect(relu.outputShape([2, 3, 4])).toEqual([2, 3, 4]);
    expect(relu.named('s').name).toBe('s');
    expect(relu.named('s').spec).toEqual({ op: 'activation', name: 's', activation: 'relu' });
    expect(relu.named('s').elementwise).toBe(true);
    expect(relu.withWeights({}).elementwise).toBe(true);
  });
});
