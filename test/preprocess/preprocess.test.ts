import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, from, map } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  conv2d,
  Frame,
  normalize,
  OptionError,
  pipeline,
  preprocess,
  resize,
  ShapeError,
  toTensor,
  useEngine,
  type NormalizeOptions,
  type Pixels,
  type PreprocessOptions,
  type ResizeOptions,
  releaseModels,
} from 'sluice';
import { ENGINES } from '../support/compute.ts';

function noise(width: number, height: number, channels: 3 | 4): Pixels {
  let state = 5;
  const data = Uint8Array.from({ length: width * height * channels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
  return { width, height, channels, data };
}

function run(
  stage: { build: ReturnType<typeof preprocess>['build'] },
  pixels: Pixels,
): { shape: number[]; data: number[] } {
  const before = tf.memory().numTensors;
  const kernel = stage.build([1, pixels.height, pixels.width, pixels.channels]);
  const tensor = kernel.run(pixels);
  const result = { shape: tensor.shape as number[], data: Array.from(tensor.dataSync()) };
  tensor.dispose();
  kernel.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

describe.each(ENGINES)('preprocess on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('one pixel by hand', () => {
    // The mean of 0 and 102 is 51 = 255 / 5: on −1 … 1 that is −0.6; 255 → 1; 0 → −1
    const data = Uint8Array.of(0, 255, 0, 102, 255, 0);
    const { shape, data: out } = run(preprocess({ width: 1, height: 1, fit: 'fill', range: [-1, 1] }), {
      width: 2,
      height: 1,
      channels: 3,
      data,
    });
    expect(shape).toEqual([1, 1, 1, 3]);
    [-0.6, 1, -1].forEach((wanted, i) => expect(out[i]).toBeCloseTo(wanted, 6));
  });

  test('grey is scaled after it is mixed: 0.299 · 255 of red on 0 … 2 is 0.598', () => {
    const red = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) } as const;
    const { shape, data } = run(preprocess({ width: 1, height: 1, channels: 1, range: [0, 2] }), red);
    expect(shape).toEqual([1, 1, 1, 1]);
    expect(data[0]).toBeCloseTo(0.598, 6);
    const normalized = run(preprocess({ width: 1, height: 1, channels: 1, mean: 0.5, std: 0.25 }), red);
    expect(normalized.data[0]).toBeCloseTo((0.299 - 0.5) / 0.25, 6);
  });

  const sizes: ResizeOptions[] = [
    { width: 5, height: 7 },
    { width: 24, height: 24, fit: 'contain' },
    { width: 3, height: 9, fit: 'fill', centralFraction: 0.875 },
  ];
  const scales: NormalizeOptions[] = [
    { range: [-1, 1] },
    { mean: 0.5, std: 0.25 },
    { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ];
  test.each(sizes.flatMap((size) => scales.map((scale) => [size, scale] as const)))(
    '%j, %j: is resize, toTensor and normalize',
    (size, scale) => {
      for (const picture of [noise(20, 13, 3), noise(4, 6, 4)]) {
        const one = run(preprocess({ ...size, ...scale }), picture);
        const three = run(pipeline(resize(size), toTensor(), normalize(scale)), picture);
        expect(one.shape).toEqual(three.shape);
        // Two orders of multiplying and adding, in single precision, on numbers up to 2.7.
        one.data.forEach((value, i) => expect(Math.abs(value - (three.data[i] ?? NaN))).toBeLessThan(1e-6));
      }
    },
  );

  test('a picture its source resized is used as it is', () => {
    const options: PreprocessOptions = { width: 4, height: 4, centralFraction: 0.875, range: [0, 255] };
    const kernel = resize({ width: 4, height: 4, centralFraction: 0.875 }).build([1, 20, 20, 3]);
    const resized = kernel.run(noise(20, 20, 3));
    const { data } = run(preprocess(options), resized);
    [...resized.data].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 4));
    kernel.dispose();
  });

  test('a pipe that starts with it and is declared for a camera warms up and runs', async () => {
    await releaseModels();
    const before = tf.memory().numTensors;
    const net = pipeline(
      { inputShape: [1, 12, 16, 3] },
      preprocess({ width: 4, height: 4, range: [0, 1] }),
      conv2d({ filters: 1, kernelSize: 4, seed: 1 }),
    );
    const frames = from([Frame.of(noise(16, 12, 3), { source: 'camera', seq: 0, timestamp: 0 })]);
    const shape = await firstValueFrom(
      frames.pipe(
        net,
        map((frame) => frame.data.shape),
      ),
    );
    expect(shape).toEqual([1, 1, 1, 1]);
    await releaseModels();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('preprocess is told impossible things', () => {
  const good = { width: 8, height: 8, range: [0, 1] } as const;
  test.each<[string, object]>([
    ['no size', { width: undefined }],
    ['no height', { height: 0 }],
    ['a fit that does not exist', { fit: '__proto__' }],
    ['a fraction over 1', { centralFraction: 2 }],
    ['an empty range', { range: [0, 0] }],
    ['no range, no mean', { range: undefined }],
    ['two channels', { channels: 2 }],
    ['three means for grey', { channels: 1, range: undefined, mean: [0, 0, 0], std: [1, 1, 1] }],
  ])('%s', (_what, wrong) => {
    expect(() => preprocess({ ...good, ...wrong })).toThrow(OptionError);
  });
  test.each([2, 4])('means for %i channels: pictures have three', (channels) => {
    const [mean, std] = [Array<number>(channels).fill(0), Array<number>(channels).fill(1)];
    expect(() => preprocess({ width: 8, height: 8, mean, std })).toThrow(
      'preprocess: mean and std must be one number or three',
    );
  });
  test.each([[[]], [[8, 8, 3]], [[1, 8, 8, 1]], [[4, 8, 8, 3]]])('the shape %j', (shape) => {
    expect(() => preprocess(good).outputShape(shape)).toThrow(
      /^preprocess needs \[1, height, width, 3 or 4 channels\], but /,
    );
  });
  test('a picture whose bytes do not match its size', () => {
    const kernel = preprocess(good).build([1, 2, 2, 3]);
    expect(() => kernel.run({ width: 2, height: 2, channels: 3, data: new Uint8Array(5) })).toThrow(ShapeError);
  });
  test('the spec is plain JSON', () => {
    const { spec } = preprocess({ width: 8, height: 6, mean: [0, 0, 0], std: [1, 1, 1] });
    expect(spec).toStrictEqual({
      op: 'preprocess',
      width: 8,
      height: 6,
      fit: 'cover',
      centralFraction: 1,
      channels: 3,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
    expect(JSON.parse(JSON.stringify(spec))).toStrictEqual(spec);
  });
});
