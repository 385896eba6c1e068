import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, of } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  classify,
  Frame,
  normalize,
  readSafetensors,
  toTensor,
  useEngine,
  WeightsError,
  writeSafetensors,
  type Classification,
  type FrameResult,
  type Model,
  type Weight,
  releaseModels,
} from 'sluice';
import { mobilenetV1, mobilenetV1Pipeline } from 'sluice/pipelines/mobilenet-v1';
import { ENGINES } from '../support/compute.ts';

const BUNDLED = new URL('../../pipelines/mobilenet-v1/weights.safetensors', import.meta.url);
const PIXELS = new URL('../data/squirrel_224.rgb', import.meta.url);

/**
 * The float32 weights (16.9 MB) are not in the repository. Where this names their file (little-endian float32, kernel and
 * bias of stage after stage), they are tested as well:
 *
 *     SLUICE_MOBILENET_F32=…/mobilenet-v1/weights.bin npx vitest run test/pipelines
 */
const FLOAT32 = process.env['SLUICE_MOBILENET_F32'];

/** The golden pixels are 224 × 224 already: they go in as they are, scaled to −1 … 1. */
async function squirrel(net: Pick<Model, 'pipeline' | 'labels'>): Promise<FrameResult<Classification>> {
  const pixels = { width: 224, height: 224, channels: 3, data: new Uint8Array(await readFile(PIXELS)) } as const;
  const frames = of(Frame.of(pixels, { source: 'squirrel', seq: 0, timestamp: 0 }));
  return firstValueFrom(
    frames.pipe(toTensor(), normalize({ range: [-1, 1] }), net.pipeline, classify({ labels: net.labels, top: 3 })),
  );
}

async function float32Weights(path: string): Promise<Record<string, Weight>> {
  const bytes = await readFile(path);
  const numbers = new Float32Array(new Uint8Array(bytes).buffer);
  const net = mobilenetV1Pipeline();
  let at = 0;
  const weights = Object.entries(net.weightShapes([1, 224, 224, 3])).map(([name, shape]) => {
    const data = numbers.slice(at, (at += shape.reduce((a, b) => a * b, 1)));
    return [name, { shape, data }] as const;
  });
  expect(at).toBe(numbers.length);
  return Object.fromEntries(weights);
}

describe.each([...ENGINES, 'onnxruntime'] as const)('the golden photo on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('is a fox squirrel, 0.9543 ± 0.001 with the bundled float16 weights', async () => {
    await releaseModels();
    const before = tf.memory().numTensors;
    const { classes } = await squirrel(await mobilenetV1());
    expect(classes[0]).toMatchObject({ index: 336, label: expect.stringMatching(/^fox squirrel/) as string });
    expect(Math.abs((classes[0]?.score ?? NaN) - 0.9543)).toBeLessThanOrEqual(0.001);
    expect(classes.map(({ score }) => score)).toEqual(classes.map(({ score }) => score).toSorted((a, b) => b - a));
    await releaseModels();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.skipIf(!FLOAT32)('and 0.9525 ± 0.0005, as OpenCV publishes, with the float32 weights', async () => {
    const weights = await float32Weights(FLOAT32 ?? '');
    const { labels } = await mobilenetV1();
    const { classes } = await squirrel({ pipeline: mobilenetV1Pipeline().withWeights(weights), labels });
    expect(classes[0]?.index).toBe(336);
    expect(Math.abs((classes[0]?.score ?? NaN) - 0.9525)).toBeLessThanOrEqual(0.0005);
  });
});

describe('the bundled weights', () => {
  test('are the network’s, all of them, and finite', async () => {
    const weights = readSafetensors(await readFile(BUNDLED), 'bundled');
    const shapes = mobilenetV1Pipeline().weightShapes([1, 224, 224, 3]);
    expect(Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]))).toEqual(shapes);
    for (const [name, { data }] of Object.entries(weights)) {
      expect(
        data.every((value) => Number.isFinite(value)),
        name,
      ).toBe(true);
      expect(new Set(data.subarray(0, 100)).size, name).toBeGreaterThan(10);
    }
  });

  test.skipIf(!FLOAT32)('are the float32 weights rounded to the nearest float16, byte for byte', async () => {
    const rounded = writeSafetensors(await float32Weights(FLOAT32 ?? ''), 'F16');
    expect(Buffer.compare(rounded, await readFile(BUNDLED))).toBe(0);
  });
});

describe('mobilenetV1', () => {
  let folder = '';
  const place = async (name: string, content: Uint8Array | string) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return pathToFileURL(path);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-mobilenet-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('has 1,001 labels, one per score, the first for background', async () => {
    const net = await mobilenetV1();
    expect(net.labels.length).toBe(1001);
    expect(net.labels[0]).toBe('background');
    expect(net.pipeline.outputShape([1, 224, 224, 3])).toEqual([1, 1001]);
    expect(net.preprocess).toEqual({ width: 224, height: 224, fit: 'cover', centralFraction: 0.875, range: [-1, 1] });
  });

  test('reads its files from elsewhere', async () => {
    const labels = await place('labels.json', JSON.stringify(Array.from({ length: 1001 }, (_, i) => `class ${i}`)));
    const net = await mobilenetV1({ weights: await place('copy.safetensors', await readFile(BUNDLED)), labels });
    expect(net.labels[336]).toBe('class 336');
  });

  const failure = (files: Parameters<typeof mobilenetV1>[0]) =>
    mobilenetV1(files).then(
      () => expect.unreachable(),
      (error: unknown) => error as WeightsError,
    );

  test('names a weights file that is missing', async () => {
    const error = await failure({ weights: pathToFileURL(join(folder, 'gone.safetensors')) });
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain(join(folder, 'gone.safetensors'));
  });

  test('names a labels file that is missing, or no list', async () => {
    const gone = await failure({ labels: pathToFileURL(join(folder, 'gone.json')) });
    expect(gone).toBeInstanceOf(WeightsError);
    expect(gone.message).toContain(join(folder, 'gone.json'));
    const wrong = await failure({ labels: await place('wrong.json', '{}') });
    expect(wrong).toBeInstanceOf(WeightsError);
    expect(wrong.message).toContain(join(folder, 'wrong.json'));
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['empty', () => new Uint8Array()],
    ['cut short by one byte', (bytes) => bytes.subarray(0, -1)],
    ['cut in the middle', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['cut within its header', (bytes) => bytes.subarray(0, 1000)],
    ['a byte longer than its header says', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ['something else altogether', () => new TextEncoder().encode('<!doctype html><title>404</title>')],
  ])('names a weights file that is %s', async (what, damage) => {
    const name = `${what.replaceAll(' ', '-')}.safetensors`;
    const weights = await place(name, damage(await readFile(BUNDLED)));
    const error = await failure({ weights });
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.code).toBe('weights');
    expect(error.message).toContain(join(folder, name));
    expect(error.message).toContain('is not a valid safetensors file');
  });

  test.each<[string, (weights: Record<string, Weight>) => Record<string, Weight>, string]>([
    ['lacks a weight', ({ 'logits/bias': _bias, ...rest }) => rest, 'lacks logits/bias'],
    [
      'has one too many',
      (weights) => ({ ...weights, 'conv99/kernel': { shape: [1], data: new Float32Array(1) } }),
      'which has no conv99/kernel',
    ],
    [
      'has one of another shape',
      (weights) => ({ ...weights, 'logits/bias': { shape: [1000], data: new Float32Array(1000) } }),
      'logits: bias must be [1001]',
    ],
  ])('names a weights file of another network: one that %s', async (what, change, message) => {
    const name = `${what.replaceAll(' ', '-')}.safetensors`;
    const changed = change(readSafetensors(await readFile(BUNDLED), 'bundled'));
    const error = await failure({ weights: await place(name, writeSafetensors(changed, 'F16')) });
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain(join(folder, name));
    expect(error.message).toContain(message);
  });
});
