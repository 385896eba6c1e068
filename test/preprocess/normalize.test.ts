import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { normalize, OptionError, ShapeError, useEngine, WeightsError, type NormalizeOptions } from 'sluice';
import { compute, ENGINES, expectClose } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';

/** A row of pixels. */
const pixels = (...data: number[]): Grid => ({ shape: [1, 1, data.length / 3, 3], data });

describe.each(ENGINES)('normalize on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('spreads 0 … 255 over the range', () => {
    // x / 127.5 − 1
    expectClose(compute(normalize({ range: [-1, 1] }), pixels(0, 127.5, 255)), pixels(-1, 0, 1), 1e-6);
    expectClose(compute(normalize({ range: [0, 1] }), pixels(0, 51, 255)), pixels(0, 0.2, 1), 1e-6);
    expectClose(compute(normalize({ range: [0, 255] }), pixels(0, 7, 255)), pixels(0, 7, 255), 1e-6);
    expectClose(compute(normalize({ range: [2, 4] }), pixels(0, 127.5, 255)), pixels(2, 3, 4), 1e-6);
  });

  test('takes one mean off and divides by one deviation', () => {
    // (255 / 255 − 0.5) / 0.25 = 2, (0 − 0.5) / 0.25 = −2
    expectClose(compute(normalize({ mean: 0.5, std: 0.25 }), pixels(0, 127.5, 255)), pixels(-2, 0, 2), 1e-6);
  });

  test('has torchvision’s numbers for ImageNet', () => {
    const imagenet = normalize({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    // Black: −0.485 / 0.229 = −2.1179, −0.456 / 0.224 = −2.0357, −0.406 / 0.225 = −1.8044
    // White: 0.515 / 0.229 = 2.2489, 0.544 / 0.224 = 2.4286, 0.594 / 0.225 = 2.6400
    const wanted = pixels(-2.117904, -2.035714, -1.804444, 2.248908, 2.428571, 2.64);
    expectClose(compute(imagenet, pixels(0, 0, 0, 255, 255, 255)), wanted, 1e-6);
  });

  test('each channel has its own, in every picture of a batch', () => {
    const x: Grid = { shape: [2, 1, 1, 2], data: [255, 255, 0, 0] };
    // Channel 0: (1 − 0) / 1, (0 − 0) / 1; channel 1: (1 − 1) / 0.5, (0 − 1) / 0.5
    expectClose(
      compute(normalize({ mean: [0, 1], std: [1, 0.5] }), x),
      { shape: [2, 1, 1, 2], data: [1, 0, 0, -2] },
      1e-6,
    );
  });

  test('multiplies by the scale before it takes the mean off; one number stands for all channels', () => {
    // 255 − [55, 155, 250] = [200, 100, 5], and halves of them
    const caffe = { mean: [55, 155, 250], scale: 1 };
    expectClose(compute(normalize({ ...caffe, std: 1 }), pixels(255, 255, 255)), pixels(200, 100, 5), 1e-4);
    expectClose(compute(normalize({ ...caffe, std: [2] }), pixels(255, 255, 255)), pixels(100, 50, 2.5), 1e-4);
    // (0.5 · 100 − 10) / [1, 2, 4]
    const each = { mean: 10, std: [1, 2, 4], scale: 0.5 };
    expectClose(compute(normalize(each), pixels(100, 100, 100)), pixels(40, 20, 10), 1e-4);
  });

  test('leaves no tensors behind: neither the kernel nor the run', () => {
    const before = tf.memory().numTensors;
    const kernel = normalize({ range: [-1, 1] }).build([1, 2, 2, 3]);
    const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
    const held = tf.memory().numTensors;
    kernel.run(x).dispose();
    kernel.run(x).dispose();
    expect(tf.memory().numTensors).toBe(held);
    kernel.dispose();
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('normalize is told impossible things', () => {
  test.each<[string, unknown]>([
    ['nothing', {}],
    ['a range of one', { range: [1] }],
    ['of three', { range: [0, 1, 2] }],
    ['an empty range', { range: [1, 1] }],
    ['a range upside down', { range: [1, -1] }],
    ['NaN', { range: [NaN, 1] }],
    ['infinity', { range: [0, Infinity] }],
    ['texts', { range: ['0', '1'] }],
    ['a number', { range: 1 }],
    ['a text', { range: '01' }],
    ['null', { range: null }],
    ['undefined', { range: undefined }],
    ['a mean alone', { mean: 0.5 }],
    ['a deviation alone', { std: 0.5 }],
    ['a deviation of 0', { mean: 0.5, std: 0 }],
    ['a negative deviation', { mean: 0.5, std: -1 }],
    ['an infinite one', { mean: 0.5, std: Infinity }],
    ['a mean of NaN', { mean: NaN, std: 1 }],
    ['texts for numbers', { mean: '0.5', std: '0.5' }],
    ['lists of two lengths', { mean: [0, 0, 0], std: [1, 1] }],
    ['empty lists', { mean: [], std: [] }],
    ['a zero among deviations', { mean: [0, 0, 0], std: [1, 0, 1] }],
  ])('%s', (_what, options) => {
    expect(() => normalize(options as NormalizeOptions)).toThrow(OptionError);
    expect(() => normalize(options as NormalizeOptions)).toThrow(/^normalize: (range|mean and std) must be/);
  });

  test.each<[string, unknown]>([
    ['a mean', { mean: 0.5 }],
    ['a deviation', { std: 0.5 }],
    ['both', { mean: [0, 0, 0], std: [1, 1, 1] }],
    ['a scale', { scale: 1 }],
  ])('a range and %s', (_what, more) => {
    const options = { range: [0, 1], ...(more as object) } as unknown as NormalizeOptions;
    expect(() => normalize(options)).toThrow(OptionError);
    expect(() => normalize(options)).toThrow('normalize: range excludes mean, std and scale: give either');
  });
  test.each([0, -1, NaN, Infinity, null, '1', [1]])('the scale %j', (scale) => {
    const options = { mean: 0, std: 1, scale } as NormalizeOptions;
    expect(() => normalize(options)).toThrow(OptionError);
    expect(() => normalize(options)).toThrow('normalize: scale must be a number over 0, such as 1 / 255, not ');
  });

  test.each([[[]], [[2, 2, 3]], [[1, 2, 2, 0]], [[1, 2, 2, 3, 1]]])('the shape %j', (shape) => {
    expect(() => normalize({ range: [0, 1] }).outputShape(shape)).toThrow(
      /^normalize needs \[batch, height, width, channels\], but /,
    );
  });
  test('other channels than it has means for', () => {
    const three = normalize({ mean: [0, 0, 0], std: [1, 1, 1] });
    expect(three.outputShape([1, 2, 2, 3])).toEqual([1, 2, 2, 3]);
    expect(() => three.outputShape([1, 2, 2, 4])).toThrow(
      'normalize has a mean for each of 3 channels, but got [1, 2, 2, 4]',
    );
    expect(() => three.build([1, 2, 2, 1])).toThrow(ShapeError);
    expect(normalize({ mean: [0], std: [1] }).outputShape([1, 2, 2, 4])).toEqual([1, 2, 2, 4]);
  });
  test('weights', () => {
    expect(() => normalize({ range: [0, 1] }).build([1, 2, 2, 3], { mean: [1] })).toThrow(WeightsError);
  });
  test('the spec holds what says how to normalize, and nothing else', () => {
    expect(normalize({ range: [0, 1] }).spec).toStrictEqual({ op: 'normalize', range: [0, 1] });
    expect(normalize({ mean: 0.5, std: 0.5 }).spec).toStrictEqual({ op: 'normalize', mean: 0.5, std: 0.5 });
  });
});
