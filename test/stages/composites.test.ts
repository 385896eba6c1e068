import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map, toArray } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  batchNorm,
  concatenate,
  conv2d,
  dense,
  depthwiseConv2d,
  foldBatchNorm,
  graph,
  globalAvgPool,
  pipeline,
  residual,
  stage,
  useEngine,
  WeightsError,
  type AnyStage,
  type Stage,
} from 'sluice';
import { leakFree } from '../support/balance.ts';
import { asWeight, compute, ENGINES, expectClose, randomGrid } from '../support/compute.ts';
import { failing, frames } from '../support/frames.ts';

type Picture = Stage<tf.Tensor4D, tf.Tensor4D>;
const conv = (name: string, filters: number, kernelSize = 1, more = {}) =>
  conv2d({ name, filters, kernelSize, padding: 'same', useBias: false, ...more });
const shape = [1, 6, 5, 4];
const x = randomGrid(shape);

/** ResNet50's first bottleneck: 64 → 64, 64, 256 with a projection. */
const bottleneck = () =>
  residual(
    { name: 'block', shortcut: conv2d({ filters: 256, kernelSize: 1 }), activation: 'relu' },
    conv2d({ name: 'a', filters: 64, kernelSize: 1 }),
    batchNorm(),
    activation('relu'),
    conv2d({ name: 'b', filters: 64, kernelSize: 3, padding: 'same' }),
    batchNorm(),
    activation('relu'),
    conv2d({ name: 'c', filters: 256, kernelSize: 1 }),
    batchNorm(),
  );

describe('a composite owns its stages', () => {
  test('its weights are theirs, by their names', () => {
    expect(Object.keys(bottleneck().weightShapes([1, 56, 56, 64]))).toEqual([
      ...[
        'a/kernel',
        'a/bias',
        'batchNorm/gamma',
        'batchNorm/beta',
        'batchNorm/mean',
        'batchNorm/variance',
        'b/kernel',
        'b/bias',
      ],
      ...['batchNorm_1/gamma', 'batchNorm_1/beta', 'batchNorm_1/mean', 'batchNorm_1/variance', 'c/kernel', 'c/bias'],
      ...[
        'batchNorm_2/gamma',
        'batchNorm_2/beta',
        'batchNorm_2/mean',
        'batchNorm_2/variance',
        'shortcut/kernel',
        'shortcut/bias',
      ],
    ]);
  });
  test('it has as many parameters and multiply-accumulates as they have', () => {
    // 64·64 + 64, 64·9·64 + 64, 64·256 + 256, the shortcut 64·256 + 256; 4 · (64 + 64 + 256) of the norms.
    expect(bottleneck().parameterCount([1, 56, 56, 64])).toBe(4160 + 36928 + 16640 + 16640 + 1536);
    expect(bottleneck().macs([2, 56, 56, 64])).toBe(2 * 56 * 56 * (4096 + 36864 + 16384 + 16384));
  });
  test('nested ones too, as deep as they are', () => {
    const inner = concatenate(
      { name: 'both' },
      conv('l', 2),
      pipeline({ name: 'deep' }, conv('r', 2), activation('relu')),
    );
    const net = pipeline(
      { name: 'net', inputShape: shape as [number, number, number, number] },
      residual({ name: 'block' }, inner, conv('out', 4)),
      globalAvgPool(),
    );
    expect(net.weightShapes(shape)).toEqual({
      'block/both/l/kernel': [1, 1, 4, 2],
      'block/both/deep/r/kernel': [1, 1, 4, 2],
      'block/out/kernel': [1, 1, 4, 4],
    });
    expect(net.parameterCount(shape)).toBe(8 + 8 + 16);
    const weights = {
      'block/both/l/kernel': new Float32Array(8),
      'block/both/deep/r/kernel': new Float32Array(8),
      'block/out/kernel': new Float32Array(16),
    };
    expect(Object.keys(net.withWeights(weights).weights(shape))).toEqual(Object.keys(weights));
    expect(() => net.withWeights({ 'block/both/l/bias': new Float32Array(2) })).toThrow(WeightsError);
    expect(() => net.withWeights({ 'block/nowhere/kernel': new Float32Array(2) })).toThrow(WeightsError);
    expect(() => net.withWeights({ 'block/out/kernel': new Float32Array(3) })).toThrow(
      'out/kernel must be [1, 1, 4, 4]',
    );
  });
  test('the error of a missing weight names the stage that misses it', () => {
    expect(() => bottleneck().weights([1, 8, 8, 64])).toThrow('a has no kernel [1, 1, 64, 64]');
  });
});

describe.each(ENGINES)('on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('a build that fails half-way leaves nothing on the device', () => {
    const before = tf.memory().numTensors;
    const half = residual(conv('a', 4, 1, { seed: 1 }), conv('b', 4));
    expect(() => half.build(shape)).toThrow(WeightsError);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each<[string, (bad: Picture) => Picture]>([
    ['residual', (bad) => residual({ shortcut: conv('s', 2, 1, { seed: 1 }) }, conv('a', 2, 1, { seed: 1 }), bad)],
    ['residual’s shortcut', (bad) => residual({ shortcut: bad }, conv('a', 2, 1, { seed: 1 }))],
    ['concatenate', (bad) => concatenate(conv('a', 2, 1, { seed: 1 }), bad)],
    [
      'graph',
      (bad) =>
        graph({
          nodes: {
            a: { stage: conv('a', 2, 1, { seed: 1 }), from: 'input' },
            b: { stage: bad, from: 'a' },
            c: { merge: 'add', from: ['a', 'b'] },
          },
          output: 'c',
        }),
    ],
  ])('%s: a stage in it that throws leaves nothing on the device', (_what, make) => {
    const always = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'always' },
      outputShape: (input) => input,
      kernel: () => () => {
        throw new Error('no');
      },
    });
    const before = tf.memory().numTensors;
    const kernel = make(always).build([1, 1, 1, 2]);
    const input = tf.zeros<tf.Rank.R4>([1, 1, 1, 2]);
    expect(() => kernel.run(input)).toThrow('no');
    input.dispose();
    kernel.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('in a stream: one stage with one name, frames in and out, failures as anywhere', async () => {
    await leakFree(async () => {
      const block = residual(
        { name: 'block' },
        conv('a', 2, 1, {
          weights: {
            kernel: [
              [
                [
                  [1, 0],
                  [0, 1],
                ],
              ],
            ],
          },
        }),
        failing(2),
      );
      const seen = frames(4, { onError: 'skip' }).pipe(
        block,
        map((frame) => frame.data.dataSync()[0]),
        toArray(),
      );
      expect(await lastValueFrom(seen)).toEqual([0, 2, 6]);
    });
  });
});

const norm = (name: string, channels: number) =>
  batchNorm({
    name,
    weights: {
      gamma: asWeight(randomGrid([channels], 5)),
      beta: asWeight(randomGrid([channels], 6)),
      mean: asWeight(randomGrid([channels], 7)),
      variance: { shape: [channels], data: Float32Array.from({ length: channels }, (_, i) => 0.3 + i) },
    },
  });
const ops = (net: AnyStage): string[] =>
  JSON.stringify(net.spec)
    .match(/"op":"\w+"/g)
    ?.map((op) => op.slice(6, -1)) ?? [];

describe.each(ENGINES)('foldBatchNorm on %s', (engine) => {
  beforeAll(() => useEngine(engine));
  const a = () => conv2d({ name: 'a', filters: 4, kernelSize: 3, padding: 'same', seed: 1 });
  const declared = { inputShape: shape as [number, number, number, number] };

  test.each<[string, AnyStage, number]>([
    ['conv2d with bias', pipeline(declared, a(), norm('n', 4)), 0],
    ['conv2d without', pipeline(declared, conv('a', 3, 3, { seed: 1 }), norm('n', 3), activation('relu')), 0],
    ['groups', pipeline(declared, conv('a', 6, 3, { seed: 1, groups: 2 }), norm('n', 6)), 0],
    [
      'depthwiseConv2d',
      pipeline(declared, depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3, seed: 1 }), norm('n', 12)),
      0,
    ],
    ['two in a row', pipeline(declared, a(), norm('n', 4), norm('m', 4)), 0],
    ['dense', pipeline(declared, globalAvgPool(), dense({ units: 3, seed: 1 }), norm('n', 3)), 0],
    [
      'residual and its shortcut',
      pipeline(
        declared,
        residual({ shortcut: pipeline(conv('s', 4, 1, { seed: 3 }), norm('p', 4)) }, a(), norm('n', 4)),
      ),
      0,
    ],
    [
      'concatenate',
      pipeline(
        declared,
        concatenate(pipeline({ name: 'l' }, a(), norm('n', 4)), conv('r', 2, 1, { seed: 2 })),
        norm('m', 6),
      ),
      1,
    ],
    [
      'graph',
      graph({
        nodes: {
          a: { stage: a(), from: 'input' },
          n: { stage: norm('n', 4), from: 'a' },
          s: { merge: 'add', from: ['n', 'input'] },
        },
        output: 's',
      }),
      0,
    ],
    [
      'graph, the norm last',
      graph({ nodes: { a: { stage: a(), from: 'input' }, n: { stage: norm('n', 4), from: 'a' } }, output: 'n' }),
      0,
    ],
    [
      'not where another needs the convolution',
      graph({
        nodes: {
          a: { stage: a(), from: 'input' },
          n: { stage: norm('n', 4), from: 'a' },
          s: { merge: 'add', from: ['n', 'a'] },
        },
        output: 's',
      }),
      1,
    ],
    [
      'graph, two in a row that others need afterwards',
      graph({
        nodes: {
          a: { stage: a(), from: 'input' },
          n: { stage: norm('n', 4), from: 'a' },
          m: { stage: norm('m', 4), from: 'n' },
          r: { stage: activation('relu'), from: 'm' },
          s: { merge: 'multiply', from: ['m', 'r', 'm'] },
          t: { stage: norm('t', 4), from: 's' },
        },
        output: 't',
      }),
      1,
    ],
    [
      'graph, only the first of two, where others need that',
      graph({
        nodes: {
          a: { stage: a(), from: 'input' },
          n: { stage: norm('n', 4), from: 'a' },
          m: { stage: norm('m', 4), from: 'n' },
          s: { merge: 'add', from: ['n', 'm'] },
        },
        output: 's',
      }),
      1,
    ],
    ['not behind an activation', pipeline(declared, conv('a', 4, 1, { seed: 1, activation: 'relu' }), norm('n', 4)), 1],
    ['not first', pipeline(declared, norm('n', 4), a()), 1],
  ])('%s', (_what, net, left) => {
    const folded = foldBatchNorm(net, { inputShape: shape });
    expect(ops(folded).filter((op) => op.includes('batchNorm'))).toHaveLength(left);
    expect(folded.outputShape(shape)).toEqual(net.outputShape(shape));
    expectClose(compute(folded as never, x), compute(net as never, x));
    expect(folded.inputShape).toEqual(net.inputShape);
  });

  test('a graph of 3,000 convolutions and norms', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [
        [`c${i}`, { stage: conv('c', 4, 1, { seed: i }), from: i === 0 ? 'input' : `n${i - 1}` }] as const,
        [`n${i}`, { stage: norm('n', 4), from: `c${i}` }] as const,
      ]).flat(),
    );
    const folded = foldBatchNorm(graph({ nodes, output: 'n2999' }), { inputShape: shape });
    expect(Object.keys(folded.spec['nodes'] ?? {})).toHaveLength(3000);
    expect(folded.spec['output']).toBe('c2999');
  });

  test('needs an input shape, and all weights', () => {
    expect(() => foldBatchNorm(pipeline(a(), norm('n', 4)))).toThrow('pipeline: folding needs an input shape');
    expect(() => foldBatchNorm(pipeline(declared, a(), batchNorm()))).toThrow(WeightsError);
  });
});
