import * as tf from '@tensorflow/tfjs-core';
import { tfliteModel, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../support/compute.ts';
import { randomFrom } from '../../support/random.ts';
import { tfliteRuntime } from './by-tflite.ts';
import { TfliteWriter, type Field, type Told } from './tflite-writer.ts';

// Quantized files against the arithmetic of their whole numbers: scale · (q − zero), by hand.

const random = randomFrom(5);
const whole = (count: number, low: number, high: number) =>
  Array.from({ length: count }, () => Math.round(low + random() * (high - low)));
const [SAME, VALID, NONE, ONE] = [{ byte: 0 }, { byte: 1 }, { byte: 0 }, { int: 1 }] as const;
const POINTWISE: readonly Field[] = [VALID, ONE, ONE, NONE];

async function run(file: Uint8Array<ArrayBuffer>, x: tf.Tensor) {
  const net = await tfliteModel([new File([file], 'quantized.tflite')]);
  const built = net.build(x.shape);
  const y = built.run(x as tf.Tensor4D);
  built.dispose();
  return { net, y: { shape: y.shape, data: Array.from(y.dataSync()) } };
}

const byTflite = await tfliteRuntime();

describe('quantized files', () => {
  beforeAll(() => useEngine('cpu'));

  it('a 1 × 1 convolution with one scale for each channel', async () => {
    const [q, b] = [whole(6, -127, 127), whole(2, -1000, 1000)];
    const [input, scales] = [0.02, [0.01, 0.03]];
    const file = new TfliteWriter();
    const x = file.input([1, 2, 2, 3], { type: 'int8', scales: [input], zeros: [-7] });
    const w = file.constant([2, 1, 1, 3], Int8Array.from(q), { type: 'int8', scales, zeros: [0, 0], dimension: 0 });
    const bias = file.constant([2], Int32Array.from(b), {
      type: 'int32',
      scales: scales.map((s) => s * input),
      zeros: [0, 0],
    });
    const told = { type: 'int8', scales: [0.05], zeros: [3] } as const;
    const y = file.op('CONV_2D', [x, w, bias], [1, 2, 2, 2], POINTWISE, told);
    const pixels = Array.from({ length: 12 }, () => random() * 4 - 2);
    const result = await run(file.finish([y]), tf.tensor4d(pixels, [1, 2, 2, 3]));
    const expected = Array.from({ length: 8 }, (_, i) => {
      const [place, channel] = [Math.floor(i / 2), i % 2];
      const [s = 0, offset = 0] = [scales[channel], b[channel]];
      const sum = [0, 1, 2].reduce(
        (total, c) => total + s * (q[3 * channel + c] ?? 0) * (pixels[3 * place + c] ?? 0),
        0,
      );
      return sum + offset * input * s;
    });
    expectClose(result.y, { shape: [1, 2, 2, 2], data: expected }, 1e-5);
  });

  it('a bias whose own scale is missing has that of the input times that of the weights', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 1, 1, 1], { type: 'uint8', scales: [0.5], zeros: [10] });
    const w = file.constant([1, 1, 1, 1], Uint8Array.of(132), { type: 'uint8', scales: [0.25], zeros: [128] });
    const bias = file.constant([1], Int32Array.of(16), { type: 'int32' });
    const y = file.op('CONV_2D', [x, w, bias], [1, 1, 1, 1], POINTWISE, { type: 'uint8', scales: [1], zeros: [128] });
    const { y: result } = await run(file.finish([y]), tf.tensor4d([3], [1, 1, 1, 1]));
    // 3 · 0.25 · (132 − 128) + 16 · 0.5 · 0.25
    expect(result.data).toEqual([5]);
  });

  it('a depthwise convolution in uint8, with a zero point', async () => {
    const q = whole(2, 0, 255);
    const file = new TfliteWriter();
    const x = file.input([1, 1, 2, 2], { type: 'uint8', scales: [0.1], zeros: [0] });
    const w = file.constant([1, 1, 1, 2], Uint8Array.from(q), { type: 'uint8', scales: [0.04], zeros: [130] });
    const y = file.op('DEPTHWISE_CONV_2D', [x, w], [1, 1, 2, 2], [SAME, ONE, ONE, ONE, NONE]);
    const { y: result } = await run(file.finish([y]), tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]));
    const factor = q.map((value) => 0.04 * (value - 130));
    const expected = [1, 2, 3, 4].map((value, i) => value * (factor[i % 2] ?? 0));
    expectClose(result, { shape: [1, 1, 2, 2], data: expected }, 1e-6);
  });

  it('fully connected with weights of int8 and everything else in floats', async () => {
    const q = whole(6, -127, 127);
    const file = new TfliteWriter();
    const x = file.input([1, 3]);
    const w = file.constant([2, 3], Int8Array.from(q), { type: 'int8', scales: [0.02], zeros: [0] });
    const bias = file.constant([2], Float32Array.of(0.5, -0.5));
    const y = file.op('FULLY_CONNECTED', [x, w, bias], [1, 2], [NONE, NONE, NONE]);
    const { y: result } = await run(file.finish([y]), tf.tensor2d([1, -2, 0.5], [1, 3]));
    const expected = [0, 1].map((unit) => {
      const [a = 0, b = 0, c = 0] = q.slice(3 * unit, 3 * unit + 3);
      return 0.02 * (a - 2 * b + 0.5 * c) + (unit === 0 ? 0.5 : -0.5);
    });
    expectClose(result, { shape: [1, 2], data: expected }, 1e-6);
  });

  it.each([
    ['relu6, where the scale ends at 6', 6 / 255, [0, 0, 1.5, 6]],
    ['relu, where it ends elsewhere', 20 / 255, [0, 0, 1.5, 9]],
  ])('the output of whole numbers from 0 on stands for a %s', async (_name, scale, expected) => {
    const file = new TfliteWriter();
    const x = file.input([1, 1, 4, 1], { type: 'int8', scales: [1], zeros: [0] });
    const w = file.constant([1, 1, 1, 1], Int8Array.of(1), { type: 'int8', scales: [1], zeros: [0] });
    const y = file.op('CONV_2D', [x, w], [1, 1, 4, 1], POINTWISE, { type: 'int8', scales: [scale], zeros: [-128] });
    const { y: result } = await run(file.finish([y]), tf.tensor4d([-3, 0, 1.5, 9], [1, 1, 4, 1]));
    expect(result.data).toEqual(expected);
  });

  it('QUANTIZE and DEQUANTIZE leave real numbers as they are', async () => {
    const file = new TfliteWriter();
    const x = file.input([1, 4]);
    const q = file.op('QUANTIZE', [x], [1, 4], [], { type: 'int8', scales: [0.5], zeros: [0] });
    const constant = file.constant([4], Uint8Array.of(0, 1, 2, 3), { type: 'uint8', scales: [0.5], zeros: [2] });
    const sum = file.op('ADD', [q, constant], [1, 4], [NONE], { type: 'int8', scales: [0.5], zeros: [0] });
    const { y } = await run(file.finish([file.op('DEQUANTIZE', [sum], [1, 4])]), tf.tensor2d([0.3, 0, 0, 0], [1, 4]));
    expectClose(y, { shape: [1, 4], data: [-0.7, -0.5, 0, 0.5] }, 1e-6);
  });

  it.each([
    ['another number of scales', { scales: [1, 1, 1], zeros: [0, 0, 0], dimension: 0 }],
    ['another dimension', { scales: [1, 1], zeros: [0, 0], dimension: 7 }],
    ['another number of zero points', { scales: [1, 1], zeros: [0, 0, 0], dimension: 0 }],
  ])('refuses %s', async (_name, told) => {
    const file = new TfliteWriter();
    const x = file.input([1, 1, 1, 3]);
    const w = file.constant([2, 1, 1, 3], Int8Array.of(1, 2, 3, 4, 5, 6), { ...told, name: 'kernel', type: 'int8' });
    const y = file.op('CONV_2D', [x, w], [1, 1, 1, 2], POINTWISE);
    const reading = tfliteModel([new File([file.finish([y])], 'm.tflite')]);
    await expect(reading).rejects.toThrow(/CONV_2D \(node 0\).*kernel is \[2, 1, 1, 3\], but has \d scales/);
  });

  it.skipIf(byTflite === undefined).each(['int8', 'uint8'] as const)(
    'a network of %s is within three steps of its output of what TFLite computes in whole numbers',
    async (type) => {
      const isSigned = type === 'int8';
      const middle = isSigned ? 0 : 128;
      // Values of each layer from −4 to 4.
      const step = 8 / 255;
      const told: Told = { type, scales: [step], zeros: [middle] };
      const zero = isSigned ? 0 : 128;
      const array = (count: number) => {
        const values = whole(count, isSigned ? -100 : 28, isSigned ? 100 : 228);
        return isSigned ? Int8Array.from(values) : Uint8Array.from(values);
      };
      const weights = (file: TfliteWriter, shape: readonly number[], size: number, channels: number) =>
        file.constant(shape, array(size), {
          type,
          // uint8 has one scale for all channels.
          scales: isSigned ? Array.from({ length: channels }, (_, i) => 0.002 + i / 2000) : [0.003],
          zeros: isSigned ? new Array<number>(channels).fill(0) : [zero],
          dimension: shape[0] === 1 ? 3 : 0,
        });
      const bias = (file: TfliteWriter, channels: number) =>
        file.constant([channels], Int32Array.from(whole(channels, -2000, 2000)), {
          type: 'int32',
          scales: isSigned ? Array.from({ length: channels }, (_, i) => step * (0.002 + i / 2000)) : [step * 0.003],
          zeros: isSigned ? new Array<number>(channels).fill(0) : [0],
        });
      const file = new TfliteWriter();
      let x = file.input([1, 8, 8, 3], told);
      x = file.op(
        'CONV_2D',
        [x, weights(file, [4, 3, 3, 3], 108, 4), bias(file, 4)],
        [1, 8, 8, 4],
        [SAME, ONE, ONE, NONE],
        told,
      );
      const options = [SAME, { int: 2 }, { int: 2 }, ONE, { byte: 1 }] as const;
      x = file.op(
        'DEPTHWISE_CONV_2D',
        [x, weights(file, [1, 3, 3, 4], 36, 4), bias(file, 4)],
        [1, 4, 4, 4],
        options,
        told,
      );
      const twice = file.op('ADD', [x, x], [1, 4, 4, 4], [NONE], told);
      x = file.op('AVERAGE_POOL_2D', [twice], [1, 1, 1, 4], [VALID, ONE, ONE, { int: 4 }, { int: 4 }, NONE], told);
      const bytes = file.finish([x]);
      const given = Array.from({ length: 192 }, () => Math.round(random() * 255) - (isSigned ? 128 : 0));
      const real = given.map((q) => step * (q - middle));
      const { y } = await run(bytes, tf.tensor4d(real, [1, 8, 8, 3]));
      const expected = byTflite?.(bytes, given);
      expect(y.shape).toEqual(expected?.shape);
      expect(new Set(expected?.data).size).toBeGreaterThan(2);
      y.data.forEach((value, i) => {
        const wanted = step * ((expected?.data[i] ?? NaN) - middle);
        expect(Math.abs(value - wanted)).toBeLessThan(3 * step);
      });
    },
  );
});
