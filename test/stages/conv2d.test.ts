import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { conv2d, OptionError, ShapeError, useEngine, WeightsError, type Activation, type Conv2dOptions } from 'sluice';
import { asWeight, compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { referenceActivation, referenceConv2d, type Grid, type ReferenceWindow } from '../support/reference.ts';

const WINDOWS: Record<string, Partial<ReferenceWindow>> = {
  'stride 1, valid': {},
  'strides [2, 3]': { strides: [2, 3] },
  'stride over the kernel': { strides: [5, 4] },
  'kernel 1 × 1': { size: [1, 1] },
  'kernel 1 × 4': { size: [1, 4] },
  'as large as the picture': { size: [9, 8] },
  same: { padding: 'same' },
  'same, strides [2, 3]': { padding: 'same', strides: [2, 3] },
  'padding 2': { padding: 2 },
  'padding 1, oblong kernel and strides': { padding: 1, size: [1, 4], strides: [1, 3] },
  'padding 3, wider than the kernel': { padding: 3, size: [2, 2] },
  'explicit padding': {
    padding: [
      [2, 0],
      [1, 3],
    ],
  },
  'explicit padding of nothing': {
    padding: [
      [0, 0],
      [0, 0],
    ],
  },
  'dilation 2': { dilation: [2, 2] },
  'dilation [1, 3]': { dilation: [1, 3] },
  'dilation 2, same': { dilation: [2, 2], padding: 'same' },
  'dilation [3, 2], explicit padding': {
    dilation: [3, 2],
    padding: [
      [0, 2],
      [3, 1],
    ],
  },
  'dilation 2, stride 2': { dilation: [2, 2], strides: [2, 2] },
  'dilation [2, 3], strides [3, 2], same': { dilation: [2, 3], strides: [3, 2], padding: 'same' },
  'dilation 2, stride 2, padding 2': { dilation: [2, 2], strides: [2, 2], padding: 2 },
};
const ACTIVATIONS: Activation[] = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'tanh',
  'elu',
  'leakyRelu',
  'gelu',
  'hardSigmoid',
  'hardSwish',
  'swish',
  'softmax',
];

const whole = (some: Partial<ReferenceWindow>): ReferenceWindow => ({
  size: [3, 2],
  strides: [1, 1],
  padding: 'valid',
  dilation: [1, 1],
  ...some,
});
const options = ({ size, strides, padding, dilation }: ReferenceWindow) => ({
  kernelSize: size,
  strides,
  padding,
  dilationRate: dilation,
});

describe.each(ENGINES)('conv2d on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('slides the kernel and sums the products', () => {
    // 1 2 3     1 0     1·1 + 2·0 + 4·0 + 5·(−1) = −4    2 − 6 = −4
    // 4 5 6  ⋆  0 −1 →
    // 7 8 9             4 − 8 = −4                       5 − 9 = −4; the bias adds 10 to each
    const x: Grid = { shape: [1, 3, 3, 1], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] };
    const stage = conv2d({
      filters: 1,
      kernelSize: 2,
      weights: {
        kernel: [
          [[[1]], [[0]]],
          [[[0]], [[-1]]],
        ],
        bias: [10],
      },
    });
    expect(compute(stage, x)).toEqual({ shape: [1, 2, 2, 1], data: [6, 6, 6, 6] });
  });

  test('is a cross-correlation: the kernel is not flipped', () => {
    // [1 2 3 4] ⋆ [1 10]: 1 + 20, 2 + 30, 3 + 40; flipped it would be 12, 23, 34
    const x: Grid = { shape: [1, 1, 4, 1], data: [1, 2, 3, 4] };
    const stage = conv2d({ filters: 1, kernelSize: [1, 2], useBias: false, weights: { kernel: [[[[1]], [[10]]]] } });
    expect(compute(stage, x).data).toEqual([21, 32, 43]);
  });

  test('mixes the channels, one sum per filter', () => {
    // One pixel (2, 3); filter 0 takes 1·2 + 10·3 = 32, filter 1 takes 100·2 + 1000·3 = 3200
    const x: Grid = { shape: [1, 1, 1, 2], data: [2, 3] };
    const stage = conv2d({
      filters: 2,
      kernelSize: 1,
      useBias: false,
      weights: {
        kernel: [
          [
            [
              [1, 100],
              [10, 1000],
            ],
          ],
        ],
      },
    });
    expect(compute(stage, x).data).toEqual([32, 3200]);
  });

  test('gives the sizes of the textbooks', () => {
    const ones = (h: number, w: number, c: number): Grid => ({
      shape: [1, h, w, c],
      data: Array<number>(h * w * c).fill(1),
    });
    const shape = (o: Conv2dOptions, x: Grid) => compute(conv2d({ ...o, seed: 1 }), x).shape;
    expect(shape({ filters: 1, kernelSize: 3 }, ones(6, 6, 1))).toEqual([1, 4, 4, 1]);
    expect(shape({ filters: 4, kernelSize: 5 }, ones(32, 32, 3))).toEqual([1, 28, 28, 4]);
    expect(shape({ filters: 1, kernelSize: 2, padding: 2 }, ones(4, 4, 1))).toEqual([1, 7, 7, 1]);
  });

  test('explicit padding goes where it says: top, bottom, left, right', () => {
    // A single 1 under a 1 × 1 kernel, one row above and two columns to the right: the 1 is in the second row, first column.
    const x: Grid = { shape: [1, 1, 1, 1], data: [1] };
    const stage = conv2d({
      filters: 1,
      kernelSize: 1,
      padding: [
        [1, 0],
        [0, 2],
      ],
      useBias: false,
      weights: { kernel: [[[[1]]]] },
    });
    expect(compute(stage, x)).toEqual({ shape: [1, 2, 3, 1], data: [0, 0, 0, 1, 0, 0] });
  });

  test.each(Object.entries(WINDOWS))('%s: as nested loops compute it, two pictures at once', (_name, some) => {
    const window = whole(some);
    const x = randomGrid([2, 9, 8, 3]);
    const kernel = randomGrid([...window.size, 3, 4], 2);
    const bias = randomGrid([4], 3);
    const stage = conv2d({
      filters: 4,
      ...options(window),
      weights: { kernel: asWeight(kernel), bias: asWeight(bias) },
    });
    expectClose(compute(stage, x), referenceConv2d(x, kernel, bias.data, window));
  });

  test.each(ACTIVATIONS)('%s follows the sum', (activation) => {
    const window = whole({});
    // Scaled, so that relu6 has something to cut on both sides.
    const x = { shape: [2, 5, 4, 2], data: randomGrid([2, 5, 4, 2]).data.map((value) => 8 * value) };
    const kernel = randomGrid([3, 2, 2, 3], 2);
    const bias = randomGrid([3], 3);
    for (const useBias of [true, false]) {
      const weights = { kernel: asWeight(kernel), ...(useBias ? { bias: asWeight(bias) } : {}) };
      const stage = conv2d({ filters: 3, kernelSize: [3, 2], activation, useBias, weights });
      const sums = referenceConv2d(x, kernel, useBias ? bias.data : [], window);
      expectClose(compute(stage, x), referenceActivation(sums, activation));
    }
  });

  test.each([
    ['valid', 1, 1, 'linear'],
    ['same', 2, 1, 'relu'],
    ['valid', 1, 2, 'sigmoid'],
    ['same', 3, 1, 'tanh'],
  ] as const)('as tfjs-layers: %s, stride %i, dilation %i, %s', (padding, strides, dilationRate, activation) => {
    const x = randomGrid([2, 7, 9, 3]);
    const kernel = randomGrid([3, 3, 3, 5], 2);
    const bias = randomGrid([5], 3);
    const layer = tfl.layers.conv2d({
      filters: 5,
      kernelSize: 3,
      padding,
      strides,
      dilationRate,
      activation,
      inputShape: [7, 9, 3],
    });
    const model = tfl.sequential({ layers: [layer] });
    const oracle = tf.tidy(() => {
      layer.setWeights([tf.tensor([...kernel.data], [3, 3, 3, 5]), tf.tensor([...bias.data], [5])]);
      const y = model.predict(tf.tensor([...x.data], [2, 7, 9, 3])) as tf.Tensor;
      return { shape: y.shape, data: Array.from(y.dataSync()) };
    });
    model.dispose();
    const weights = { kernel: asWeight(kernel), bias: asWeight(bias) };
    const stage = conv2d({ filters: 5, kernelSize: 3, padding, strides, dilationRate, activation, weights });
    expectClose(compute(stage, x), oracle);
  });
});

describe('conv2d is told impossible things', () => {
  const good = { filters: 2, kernelSize: 3, seed: 1 };

  const counts = [0, -1, 1.5, NaN, Infinity, '3', '__proto__', null, true, {}, 2 ** 53, 3n, [3]];
  test.each(counts)('filters %o', (filters) => {
    expect(() => conv2d({ ...good, filters: filters as number })).toThrow(OptionError);
    expect(() => conv2d({ ...good, filters: filters as number })).toThrow(
      /conv2d: filters must be a whole number of at least 1/,
    );
  });
  test('filters missing', () => {
    expect(() => conv2d({ kernelSize: 3 } as never)).toThrow(
      'conv2d: filters must be a whole number of at least 1, not undefined',
    );
  });

  const pairs = [
    0,
    -1,
    1.5,
    NaN,
    Infinity,
    '3',
    '__proto__',
    [],
    [1],
    [1, 2, 3],
    [0, 1],
    [1, '2'],
    [1, NaN],
    Array(2),
    {},
    3n,
  ];
  describe.each(['kernelSize', 'strides', 'dilationRate'])('%s', (name) => {
    test.each(pairs.map((value) => [value]))('%o', (value) => {
      expect(() => conv2d({ ...good, [name]: value })).toThrow(OptionError);
      expect(() => conv2d({ ...good, name: 'c1', [name]: value })).toThrow(`c1: ${name} must be a whole number`);
    });
  });
  test('the message shows what came, also what JSON would not', () => {
    expect(() => conv2d({ ...good, kernelSize: NaN })).toThrow('not NaN');
    expect(() => conv2d({ ...good, strides: [1, Infinity] })).toThrow('not [1, Infinity]');
    expect(() => conv2d({ ...good, kernelSize: 3n as never })).toThrow('not 3');
  });

  const paddings = [
    'full',
    'SAME',
    '',
    '__proto__',
    '1',
    -1,
    0.5,
    NaN,
    Infinity,
    {},
    1n,
    [],
    [1],
    [1, 1],
    [[1, 1]],
    [[1], [1]],
    [[1, 1], [1]],
    [
      [1, 1],
      [1, -1],
    ],
    [
      [1, 1],
      [1, 0.5],
    ],
    [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    [Array(2), [0, 0]],
  ];
  test.each(paddings.map((value) => [value]))('padding %o', (padding) => {
    expect(() => conv2d({ ...good, padding: padding as never })).toThrow(OptionError);
  });

  test.each(['swoosh', 'Relu', '__proto__', 'constructor', 0, null, {}])('activation %o', (activation) => {
    expect(() => conv2d({ ...good, activation: activation as never })).toThrow(
      /activation must be one of linear, relu, /,
    );
  });
  test.each(['', 'a/b', 3, null])('name %o', (name) => {
    expect(() => conv2d({ ...good, name: name as never })).toThrow(OptionError);
  });
  test.each([NaN, 1.5, Infinity, '1', {}])('seed %o', (seed) => {
    expect(() => conv2d({ ...good, seed: seed as never })).toThrow(/conv2d: seed must be a whole number/);
  });
});

describe('conv2d is given shapes it cannot take', () => {
  const stage = conv2d({ name: 'c1', filters: 2, kernelSize: [3, 5], seed: 1 });
  test.each([
    [[]],
    [[5]],
    [[1, 8]],
    [[8, 8, 3]],
    [[1, 8, 8, 3, 1]],
    [[1, 8, 8, 0]],
    [[0, 8, 8, 3]],
    [[1, 8.5, 8, 3]],
    [[1, -8, 8, 3]],
    [[1, NaN, 8, 3]],
  ])('%j', (shape) => {
    for (const ask of ['outputShape', 'weightShapes', 'parameterCount', 'macs', 'build'] as const) {
      expect(() => stage[ask](shape)).toThrow(ShapeError);
    }
    expect(() => stage.outputShape(shape)).toThrow(
      `c1 needs [batch, height, width, channels], but got [${shape.join(', ')}]`,
    );
  });

  test('a window that does not fit is named with its side', () => {
    expect(() => stage.outputShape([1, 2, 8, 3])).toThrow(/^c1 has a window of height 3 .* that does not fit into 2 /);
    expect(() => stage.outputShape([1, 8, 4, 3])).toThrow(/^c1 has a window of width 5 .* that does not fit into 4 /);
    const dilated = conv2d({ filters: 1, kernelSize: 3, dilationRate: 4, seed: 1 });
    expect(() => dilated.build([1, 8, 8, 1])).toThrow(/window of height 9 \(kernel 3, dilation 4\)/);
    expect(dilated.outputShape([1, 9, 9, 1])).toEqual([1, 1, 1, 1]);
    expect(
      conv2d({
        filters: 1,
        kernelSize: 3,
        padding: [
          [1, 0],
          [0, 0],
        ],
        seed: 1,
      }).outputShape([1, 2, 3, 1]),
    ).toEqual([1, 1, 1, 1]);
  });

  test('the error says which stage', () => {
    try {
      stage.build([1, 2, 8, 3]);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'ShapeError', code: 'shape', stage: 'c1' });
    }
  });
});

describe('weights of conv2d', () => {
  beforeAll(() => useEngine('cpu'));
  const stage = conv2d({ name: 'c1', filters: 2, kernelSize: 1 });
  const x = randomGrid([1, 2, 2, 3]);
  const kernel = new Float32Array(6).fill(1);
  const bias = new Float32Array(2);

  test('their shapes and how many they are', () => {
    expect(stage.weightShapes([1, 2, 2, 3])).toEqual({ kernel: [1, 1, 3, 2], bias: [2] });
    expect(stage.parameterCount([1, 2, 2, 3])).toBe(8);
    expect(conv2d({ filters: 2, kernelSize: 1, useBias: false }).parameterCount([1, 2, 2, 3])).toBe(6);
    // 4 × 4 places, 2 × 5 × 5 × 3 products each, 6 filters
    expect(conv2d({ filters: 6, kernelSize: 5, seed: 1 }).macs([2, 8, 8, 3])).toBe(2 * 4 * 4 * 5 * 5 * 3 * 6);
  });

  test('nested, flat and with a shape are the same', () => {
    const nested = [
      [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ],
    ];
    const flat = Float32Array.of(1, 2, 3, 4, 5, 6);
    const results = [nested, flat, { shape: [1, 1, 3, 2], data: flat }].map((k) =>
      compute(stage, x, { kernel: k, bias }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['missing', {}, /^c1 has no kernel \[1, 1, 3, 2\]: give weights/],
    ['bias missing', { kernel }, /^c1 has no bias \[2\]/],
    ['unknown', { kernel, bias, gamma: bias }, /^c1 has no weight gamma; it has kernel, bias/],
    ['__proto__', { kernel, bias, ['__proto__']: bias }, /^c1 has no weight __proto__/],
    [
      'too few',
      { kernel: kernel.subarray(1), bias },
      /kernel must be \[1, 1, 3, 2\] \(6 numbers\), but got 5 numbers$/,
    ],
    ['too many', { kernel: new Float32Array(7), bias }, /6 numbers\), but got 7 numbers$/],
    ['another shape', { kernel: { shape: [1, 1, 2, 3], data: kernel }, bias }, /but got \[1, 1, 2, 3\] \(6 numbers\)/],
    [
      'shape and data at odds',
      { kernel: { shape: [1, 1, 3, 2], data: bias }, bias },
      /but got \[1, 1, 3, 2\] \(2 numbers\)/,
    ],
    ['ragged', { kernel: [[[[1, 2], [3, 4, 5], [6]]]], bias }, /arrays of unequal lengths/],
    [
      'texts',
      {
        kernel: [
          [
            [
              ['1', 2],
              [3, 4],
              [5, 6],
            ],
          ],
        ],
        bias,
      },
      /values that are not numbers/,
    ],
    ['null', { kernel: null, bias }, /but got null/],
    ['a number', { kernel: 3, bias }, /but got 3/],
    ['doubles', { kernel: new Float64Array(6), bias }, /Float32Array/],
    ['plain data', { kernel: { shape: [1, 1, 3, 2], data: [1, 2, 3, 4, 5, 6] }, bias }, /Float32Array/],
  ])('%s', (_what, weights, message) => {
    const before = tf.memory().numTensors;
    expect(() => stage.build(x.shape, weights as never)).toThrow(WeightsError);
    expect(() => stage.build(x.shape, weights as never)).toThrow(message);
    expect(() => stage.withWeights(weights as never).build(x.shape)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a bias without useBias is unknown', () => {
    const bare = conv2d({ filters: 2, kernelSize: 1, useBias: false });
    expect(() => bare.build(x.shape, { kernel, bias })).toThrow('conv2d has no weight bias; it has kernel');
  });

  test('withWeights and build add to what the stage has', () => {
    const half = stage.withWeights({ kernel });
    expect(compute(half, x, { bias })).toEqual(compute(stage, x, { kernel, bias }));
    expect(compute(half.withWeights({ bias }), x)).toEqual(compute(stage, x, { kernel, bias }));
    expect(() => half.build(x.shape)).toThrow('c1 has no bias');
  });
});

describe('seeds', () => {
  beforeAll(() => useEngine('cpu'));
  const shape = [1, 6, 6, 3];
  const seeded = (seed: number) => compute(conv2d({ filters: 4, kernelSize: 3, seed }), randomGrid(shape));

  test('the same seed gives the same numbers, another one others', () => {
    expect(seeded(1)).toEqual(seeded(1));
    expect(seeded(2).data).not.toEqual(seeded(1).data);
    expect(seeded(-5).data).not.toEqual(seeded(5).data);
  });

  test('biases are zero: nothing in, nothing out', () => {
    const black: Grid = { shape, data: Array<number>(108).fill(0) };
    expect(compute(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), black).data.every((value) => value === 0)).toBe(
      true,
    );
  });

  test('kernels have mean 0 and variance 2 / fan-in', () => {
    // A 1 × 1 kernel over 800 channels, seen through one hot channel at a time: 800 × 100 draws of variance 2 / 800.
    const channels = 800;
    const data = Array.from({ length: channels * channels }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0));
    const stage = conv2d({ filters: 100, kernelSize: 1, seed: 7 });
    const drawn = compute(stage, { shape: [1, channels, 1, channels], data }).data;
    const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length;
    const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
    // Standard errors: √(0.0025 / 80 000) = 1.8e-4 of the mean, √(2 / 80 000) = 0.5 % of the variance; five of each.
    expect(Math.abs(mean)).toBeLessThan(9e-4);
    expect(variance / (2 / channels)).toBeGreaterThan(0.975);
    expect(variance / (2 / channels)).toBeLessThan(1.025);
  });

  test('given weights win over the seed', () => {
    const kernel = new Float32Array(108);
    expect(
      compute(conv2d({ filters: 4, kernelSize: 3, seed: 1, weights: { kernel } }), randomGrid(shape)).data,
    ).toEqual(Array<number>(64).fill(0));
  });
});
