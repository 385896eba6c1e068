import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { OptionError, ShapeError, toTensor, useEngine, type Pixels } from 'sluice';
import { ENGINES } from '../support/compute.ts';

function run(pixels: Pixels, channels?: 1 | 3): { shape: number[]; data: number[] } {
  const before = tf.memory().numTensors;
  const kernel = toTensor(channels ? { channels } : {}).build([1, pixels.height, pixels.width, pixels.channels]);
  const tensor = kernel.run(pixels);
  const result = { shape: tensor.shape as number[], data: Array.from(tensor.dataSync()) };
  expect(tensor.dtype).toBe('float32');
  tensor.dispose();
  kernel.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

describe.each(ENGINES)('toTensor on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('keeps the bytes as they are, rows first', () => {
    const data = Uint8Array.from({ length: 18 }, (_, i) => i * 15);
    expect(run({ width: 3, height: 2, channels: 3, data })).toEqual({ shape: [1, 2, 3, 3], data: [...data] });
  });
  test.each([1, 3] as const)('several at once, of %i channels and other sizes, keep their own numbers', (channels) => {
    const kernel = toTensor({ channels }).build([1, 1, 1, 3]);
    const grey = (width: number, value: number): Pixels => {
      return { width, height: 1, channels: 3, data: new Uint8Array(width * 3).fill(value) };
    };
    const tensors = [grey(2, 10), grey(2, 20), grey(3, 30), grey(2, 40)].map((pixels) => kernel.run(pixels));
    expect(tensors.map((tensor) => Math.round(tensor.dataSync()[0] ?? NaN))).toEqual([10, 20, 30, 40]);
    expect(tensors.map(({ size }) => size)).toEqual([2, 2, 3, 2].map((width) => width * channels));
    tf.dispose(tensors);
    kernel.dispose();
  });
  test('all 256 values', () => {
    const data = Uint8Array.from({ length: 768 }, (_, i) => i / 3);
    expect(run({ width: 256, height: 1, channels: 3, data }).data).toEqual([...data]);
  });
  test('takes clamped bytes and views into larger buffers', () => {
    const data = new Uint8ClampedArray([9, 9, 1, 2, 3, 9]).subarray(2, 5);
    expect(run({ width: 1, height: 1, channels: 3, data }).data).toEqual([1, 2, 3]);
  });
  test('lays what is transparent over white', () => {
    // Opaque; transparent: white; alpha 51 = 1/5: 100 / 5 + 255 · 4/5 = 224
    const data = Uint8Array.of(1, 2, 3, 255, 1, 2, 3, 0, 100, 0, 255, 51);
    expect(run({ width: 3, height: 1, channels: 4, data })).toEqual({
      shape: [1, 1, 3, 3],
      data: [1, 2, 3, 255, 255, 255, 224, 204, 255],
    });
  });
});

describe.each(ENGINES)('toTensor to grey on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('is the luma of BT.601: 76, 150 and 29 for pure red, green and blue (OpenCV)', () => {
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 90, 90, 90);
    const grey = run({ width: 3, height: 2, channels: 3, data }, 1);
    expect(grey.shape).toEqual([1, 2, 3, 1]);
    expect(grey.data.map(Math.round)).toEqual([76, 150, 29, 255, 0, 90]);
  });
  test('what is transparent is white', () => {
    expect(run({ width: 1, height: 1, channels: 4, data: Uint8Array.of(0, 0, 0, 0) }, 1).data[0]).toBeCloseTo(255, 3);
  });
});

describe('toTensor refuses', () => {
  beforeAll(() => useEngine('cpu'));
  test.each([0, 2, 4, '1', null])('%j channels', (channels) => {
    expect(() => toTensor({ channels: channels as 1 })).toThrow(OptionError);
    expect(() => toTensor({ channels: channels as 1 })).toThrow(
      /^toTensor: channels must be 3 \(RGB\) or 1 \(grey\), not /,
    );
  });
  test.each([
    ['too few bytes', { data: new Uint8Array(11) }],
    ['too many', { data: new Uint8Array(16) }],
    ['two channels', { channels: 2, data: new Uint8Array(8) }],
    ['no rows', { height: 0, data: new Uint8Array(0) }],
    ['a text as size', { width: '2' }],
  ])('%s', (_what, wrong) => {
    const before = tf.memory().numTensors;
    const kernel = toTensor().build([1, 2, 2, 3]);
    const pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12), ...wrong } as Pixels;
    expect(() => kernel.run(pixels)).toThrow(ShapeError);
    expect(tf.memory().numTensors).toBe(before);
  });
  test.each([[[]], [[2, 2, 3]], [[1, 2, 2, 5]], [[3, 2, 2, 3]], [[1, 2.5, 2, 3]]])('the shape %j', (shape) => {
    expect(() => toTensor().outputShape(shape)).toThrow(/^toTensor needs \[1, height, width, 3 or 4 channels\], but /);
  });
});
