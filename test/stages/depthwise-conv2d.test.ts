import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { depthwiseConv2d, OptionError, ShapeError, useEngine, WeightsError, type Activation } from 'sluice';
import { asWeight, compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { referenceActivation, referenceDepthwise, type Grid, type ReferenceWindow } from '../support/reference.ts';

const WINDOWS: Record<string, Partial<ReferenceWindow>> = {
  'stride 1, valid': {},
  'strides [2, 3]': { strides: [2, 3] },
  'stride over the kernel': { strides: [5, 4] },
  'kernel 1 × 1': { size: [1, 1] },
  'kernel 4 × 1': { size: [4, 1] },
  same: { padding: 'same' },
  'same, stride 2': { padding: 'same', strides: [2, 2] },
  'padding 1, oblong kernel and strides': { padding: 1, size: [1, 4], strides: [1, 3] },
  'padding 3, wider than the kernel': { padding: 3, size: [2, 2] },
  'explicit padding': {
    padding: [
      [2, 0],
      [1, 3],
    ],
  },
  'dilation 2': { dilation: [2, 2] },
  'dilation [1, 3], same': { dilation: [1, 3], padding: 'same' },
  // tfjs-cpu refuses strides and dilation at once; the stage spreads its kernel instead.
  'dilation 2, stride 2': { dilation: [2, 2], strides: [2, 2] },
  'dilation [2, 3], strides [3, 2], same': { dilation: [2, 3], strides: [3, 2], padding: 'same' },
  'dilation [1, 3], strides [2, 1], padding 2': { dilation: [1, 3], strides: [2, 1], padding: 2 },
  'dilation [3, 1], stride 2, explicit': {
    dilation: [3, 1],
    strides: [2, 2],
    padding: [
      [0, 3],
      [1, 0],
    ],
  },
};
const ACTIVATIONS: Activation[] = ['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'elu', 'leakyRelu', 'softmax'];

const whole = (some: Partial<ReferenceWindow>): ReferenceWindow => ({
  size: [3, 2],
  strides: [1, 1],
  padding: 'valid',
  dilation: [1, 1],
  ...some,
});

describe.each(ENGINES)('depthwiseConv2d on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('gives each channel its own kernel and mixes none', () => {
    // Two pixels of two channels, (1, 10) and (2, 20), under a 1 × 2 kernel: channel 0 takes 3·1 + 4·2 = 11,
    // channel 1 takes 5·10 + 6·20 = 170; the biases add 0.5 and −0.5.
    const x: Grid = { shape: [1, 1, 2, 2], data: [1, 10, 2, 20] };
    const kernel = [
      [
        [[3], [5]],
        [[4], [6]],
      ],
    ];
    const stage = depthwiseConv2d({ kernelSize: [1, 2], weights: { kernel, bias: [0.5, -0.5] } });
    expect(compute(stage, x)).toEqual({ shape: [1, 1, 1, 2], data: [11.5, 169.5] });
  });

  test('with a multiplier the filters of a channel lie side by side', () => {
    // One pixel (2, 3), multiplier 2: channel 0 gives 2·1, 2·10; channel 1 gives 3·100, 3·1000.
    const x: Grid = { shape: [1, 1, 1, 2], data: [2, 3] };
    const kernel = [
      [
        [
          [1, 10],
          [100, 1000],
        ],
      ],
    ];
    const stage = depthwiseConv2d({ kernelSize: 1, depthMultiplier: 2, useBias: false, weights: { kernel } });
    expect(compute(stage, x).data).toEqual([2, 20, 300, 3000]);
  });

  describe.each([1, 3])('multiplier %i', (multiplier) => {
    test.each(Object.entries(WINDOWS))('%s: as nested loops compute it', (_name, some) => {
      const window = whole(some);
      const x = randomGrid([2, 9, 8, 3]);
      const kernel = randomGrid([...window.size, 3, multiplier], 2);
      const bias = randomGrid([3 * multiplier], 3);
      const stage = depthwiseConv2d({
        kernelSize: window.size,
        strides: window.strides,
        padding: window.padding,
        dilationRate: window.dilation,
        depthMultiplier: multiplier,
        weights: { kernel: asWeight(kernel), bias: asWeight(bias) },
      });
      expectClose(compute(stage, x), referenceDepthwise(x, kernel, bias.data, window));
    });
  });

  test.each(ACTIVATIONS)('%s follows the sum', (activation) => {
    const x = { shape: [1, 5, 4, 3], data: randomGrid([1, 5, 4, 3]).data.map((value) => 8 * value) };
    const kernel = randomGrid([3, 2, 3, 2], 2);
    const bias = randomGrid([6], 3);
    for (const useBias of [true, false]) {
      const weights = { kernel: asWeight(kernel), ...(useBias ? { bias: asWeight(bias) } : {}) };
      const stage = depthwiseConv2d({ kernelSize: [3, 2], depthMultiplier: 2, activation, useBias, weights });
      const sums = referenceDepthwise(x, kernel, useBias ? bias.data : [], whole({}));
      expectClose(compute(stage, x), referenceActivation(sums, activation));
    }
  });

  test.each([
    ['valid', 1, 1, 'linear'],
    ['same', 2, 2, 'relu'],
    ['same', 1, 3, 'sigmoid'],
  ] as const)('as tfjs-layers: %s, stride %i, multiplier %i, %s', (padding, strides, depthMultiplier, activation) => {
    const x = randomGrid([2, 7, 9, 3]);
    const kernel = randomGrid([3, 3, 3, depthMultiplier], 2);
    const bias = randomGrid([3 * depthMultiplier], 3);
    const layer = tfl.layers.depthwiseConv2d({
      kernelSize: 3,
      padding,
      strides,
      depthMultiplier,
      activation,
      inputShape: [7, 9, 3],
    });
    const model = tfl.sequential({ layers: [layer] });
    const oracle = tf.tidy(() => {
      layer.setWeights([
        tf.tensor([...kernel.data], [3, 3, 3, depthMultiplier]),
        tf.tensor([...bias.data], bias.shape as number[]),
      ]);
      const y = model.predict(tf.tensor([...x.data], [2, 7, 9, 3])) as tf.Tensor;
      return { shape: y.shape, data: Array.from(y.dataSync()) };
    });
    model.dispose();
    const weights = { kernel: asWeight(kernel), bias: asWeight(bias) };
    const stage = depthwiseConv2d({ kernelSize: 3, padding, strides, depthMultiplier, activation, weights });
    expectClose(compute(stage, x), oracle);
  });
});

describe('depthwiseConv2d counts', () => {
  test('weights, parameters and multiply-accumulates', () => {
    const stage = depthwiseConv2d({ kernelSize: [3, 5], depthMultiplier: 2 });
    expect(stage.outputShape([2, 9, 9, 4])).toEqual([2, 7, 5, 8]);
    expect(stage.weightShapes([2, 9, 9, 4])).toEqual({ kernel: [3, 5, 4, 2], bias: [8] });
    expect(stage.parameterCount([2, 9, 9, 4])).toBe(3 * 5 * 4 * 2 + 8);
    expect(stage.macs([2, 9, 9, 4])).toBe(2 * 7 * 5 * 3 * 5 * 4 * 2);
  });

  test('drawn weights have variance 2 / fan-in, and fan-in is one channel’s window', async () => {
    // Every output value sums 3 × 3 products, however many channels there are: 9 × 3000 draws of variance 2 / 9.
    await useEngine('cpu');
    const channels = 3000;
    const x: Grid = { shape: [1, 1, 1, channels], data: Array<number>(channels).fill(1) };
    const drawn = compute(depthwiseConv2d({ kernelSize: 3, padding: 2, seed: 1 }), x).data;
    expect(drawn.length).toBe(9 * channels);
    const variance = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length;
    // Standard error √(2 / 27 000) = 0.9 %; five of it.
    expect(variance / (2 / 9)).toBeGreaterThan(0.955);
    expect(variance / (2 / 9)).toBeLessThan(1.045);
  });
});

describe('depthwiseConv2d is told impossible things', () => {
  const good = { kernelSize: 3, seed: 1 };
  test.each([0, -1, 1.5, NaN, Infinity, '2', '__proto__', {}])('depthMultiplier %o', (depthMultiplier) => {
    expect(() => depthwiseConv2d({ ...good, depthMultiplier: depthMultiplier as number })).toThrow(OptionError);
    expect(() => depthwiseConv2d({ ...good, name: 'd', depthMultiplier: depthMultiplier as number })).toThrow(
      /^d: depthMultiplier must be a whole number of at least 1/,
    );
  });
  test.each(['kernelSize', 'strides', 'dilationRate'])('%s 0', (name) => {
    expect(() => depthwiseConv2d({ ...good, [name]: 0 })).toThrow(`depthwiseConv2d: ${name} must be`);
  });
  test('no kernelSize', () => {
    expect(() => depthwiseConv2d({} as never)).toThrow('kernelSize must be');
  });
  test('a padding, an activation and a name that do not exist', () => {
    expect(() => depthwiseConv2d({ ...good, padding: 'full' as never })).toThrow(OptionError);
    expect(() => depthwiseConv2d({ ...good, activation: '__proto__' as never })).toThrow(OptionError);
    expect(() => depthwiseConv2d({ ...good, name: '' })).toThrow(OptionError);
  });
  test.each([[[8, 8, 3]], [[1, 8, 8]], [[1, 2, 8, 3]], [[1, 8, 2, 3]], [[1, 8, 8, 0]]])('shape %j', (shape) => {
    expect(() => depthwiseConv2d(good).outputShape(shape)).toThrow(ShapeError);
    expect(() => depthwiseConv2d(good).build(shape)).toThrow(/^depthwiseConv2d /);
  });
  test('weights of a convolution', async () => {
    await useEngine('cpu');
    const before = tf.memory().numTensors;
    const stage = depthwiseConv2d({ kernelSize: 3, useBias: false });
    expect(() => stage.build([1, 8, 8, 3], { kernel: { shape: [3, 3, 3, 3], data: new Float32Array(81) } })).toThrow(
      'kernel must be [3, 3, 3, 1] (27 numbers), but got [3, 3, 3, 3] (81 numbers)',
    );
    expect(() => stage.build([1, 8, 8, 3])).toThrow(WeightsError);
    expect(tf.memory().numTensors).toBe(before);
  });
});
