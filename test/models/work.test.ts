import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  activation,
  avgPool,
  classification,
  conv2d,
  depthwiseConv2d,
  fromSpec,
  globalAvgPool,
  graph,
  importModel,
  l2Pool,
  layersModel,
  localResponseNorm,
  maxPool,
  modelFrom,
  OptionError,
  pipeline,
  readModel,
  useEngine,
  WeightsError,
  withSeed,
  writeModel,
  type Model,
  type Spec,
  type Stage,
} from 'sluice';
import { alexnetPipeline } from 'sluice/pipelines/alexnet';
import { lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { mobilenetV1Pipeline } from 'sluice/pipelines/mobilenet-v1';
import { mobilenetV2Pipeline } from 'sluice/pipelines/mobilenet-v2';
import { resnet50Pipeline } from 'sluice/pipelines/resnet50';
import { squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { vgg16Pipeline } from 'sluice/pipelines/vgg16';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, ENGINES, randomGrid } from '../support/compute.ts';
import { layer, sequential, written } from './layers/written.ts';

type Pictures = Stage<Tensor4D, Tensor4D>;

/** A pipeline of one stage, after which there is little. */
const one = (stage: Pictures, size = 100) =>
  pipeline({ name: 'net', inputShape: [1, size, size, 3] }, stage.named('heavy'), globalAvgPool({ name: 'light' }));

/** The smallest limit that lets a spec pass. */
function accepts(spec: Spec, maxWork: number): boolean {
  try {
    fromSpec(spec, { maxWork });
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(WeightsError);
    return false;
  }
}

describe('the work of', () => {
  it.each<[string, Pictures, number]>([
    ['a convolution', conv2d({ filters: 4, kernelSize: 5, padding: 'same' }), 100 * 100 * 4 * 25 * 3],
    ['a depthwise one', depthwiseConv2d({ kernelSize: 5, padding: 'same' }), 100 * 100 * 3 * 25],
    ['a mean', avgPool({ poolSize: 51, strides: 1 }), 50 * 50 * 3 * 51 * 51],
    ['a maximum', maxPool({ poolSize: [1, 51], strides: 1 }), 100 * 50 * 3 * 51],
    ['a root of squares', l2Pool({ poolSize: 51, strides: 1 }), 50 * 50 * 3 * 51 * 51],
    [
      'a window that is larger than the picture',
      maxPool({ poolSize: 1e6, strides: 1, padding: 'same' }),
      30_000 * 201 ** 2,
    ],
    ['a normalization', localResponseNorm({ depthRadius: 1 }), 30_000 * 3],
    ['one over more channels than there are', localResponseNorm({ size: 1e9 }), 30_000 * 6],
    ['an activation', activation('relu'), 30_000],
    [
      'a graph, in which the same is added again and again',
      graph({
        nodes: {
          a: { stage: activation('relu'), from: 'input' },
          b: { merge: 'add', from: ['a', 'a'] },
          c: { merge: 'add', from: ['b', 'b'] },
        },
        output: 'c',
      }),
      30_000 * 3,
    ],
  ])('%s', (_, stage, work) => {
    const { spec } = one(stage);
    // All stages together: the last one visits its input once more.
    const after = stage.outputShape([1, 100, 100, 3]).reduce((a, b) => a * b);
    expect([work - 1, work + after - 1, work + after].map((most) => accepts(spec, most))).toEqual([false, false, true]);
  });

  it.each([
    ['lenet5', lenet5Pipeline(), 1e6],
    ['alexnet', alexnetPipeline(), 2e9],
    ['vgg16', vgg16Pipeline(), 2e10],
    ['mobilenet-v1', mobilenetV1Pipeline(), 1e9],
    ['mobilenet-v2', mobilenetV2Pipeline(), 1e9],
    ['resnet50', resnet50Pipeline(), 5e9],
    ['squeezenet', squeezenetPipeline(), 1e9],
  ])('%s is far below the limit', (_, { spec }, most) => {
    expect(accepts(spec, most)).toBe(true);
    expect(accepts(spec, most / 10)).toBe(false);
  });
});

describe('a model of too much work', () => {
  const pool = (size: number) =>
    sequential(
      layer('AveragePooling2D', 'heavy', {
        pool_size: [size - 1, size - 1],
        strides: [1, 1],
        padding: 'same',
        batch_input_shape: [null, size, size, 3],
      }),
      layer('GlobalAveragePooling2D', 'light'),
    );
  const HEAVY =
    /^\S+: its stage heavy would take 2\.4e14 multiply-adds or visits of values for one frame, over the limit of 1e13: .*maxWork \(--max-work\)$/;
  const large = one(avgPool({ poolSize: 2999, strides: 1, padding: 'same' }), 3000);
  const model = (net: typeof large): Model => ({
    name: 'net',
    preprocess: { width: 3000, height: 3000, range: [0, 1] },
    pipeline: net,
    task: classification(),
    labels: ['a', 'b', 'c'],
  });

  it('is refused by every reader, before it runs', async () => {
    await expect(layersModel(written(pool(3000)))).rejects.toThrow(HEAVY);
    await expect(importModel(written(pool(3000)))).rejects.toThrow(HEAVY);
    expect(() => readModel(writeModel(model(large)), 'm.safetensors')).toThrow(HEAVY);
    const { preprocess, pipeline: net } = model(large);
    await expect(modelFrom(net, preprocess, { seed: 1 })).rejects.toThrow(HEAVY);
    expect(() => fromSpec(large.spec)).toThrow(/^a spec: its stage heavy would take 2\.4e14 /);
  });

  it('is read with a higher limit, or with none', async () => {
    for (const maxWork of [1e15, Infinity]) {
      expect((await layersModel(written(pool(3000)), { maxWork })).outputShape([1, 3000, 3000, 3])).toEqual([1, 3]);
      expect((await importModel(written(pool(3000)), { maxWork, normalize: { range: [0, 1] } })).labels.length).toBe(3);
      expect(readModel(writeModel(model(large)), 'm.safetensors', { maxWork }).name).toBe('net');
      const { preprocess, pipeline: net } = model(large);
      expect((await modelFrom(net, preprocess, { seed: 1, maxWork })).labels.length).toBe(3);
      expect(fromSpec(large.spec, { maxWork }).name).toBe('net');
    }
  });

  it('is refused where only all stages together take too much', () => {
    const relus = Array.from({ length: 5 }, () => activation('relu'));
    const net = pipeline({ inputShape: [1, 10] }, activation('relu'), ...(relus as []));
    expect(() => fromSpec(net.spec, { maxWork: 59 })).toThrow('a spec: its stages together would take 6e1 ');
    expect(fromSpec(net.spec, { maxWork: 60 }).name).toBe('pipeline');
  });

  it('is not known where no input shape is declared; a pipeline of your own is not checked', () => {
    const stage = avgPool({ poolSize: 2999, strides: 1, padding: 'same' });
    expect(fromSpec(stage.spec).outputShape([1, 3000, 3000, 3])).toEqual([1, 3000, 3000, 3]);
    expect(withSeed(large, 1).name).toBe('net');
  });

  it.each([0, -1, NaN, '1e13', null])('has no limit of %j', async (wrong) => {
    const options = { maxWork: wrong as number };
    const message = /maxWork must be a number over 0, not /;
    await expect(layersModel(written(pool(30)), options)).rejects.toThrow(OptionError);
    await expect(layersModel(written(pool(30)), options)).rejects.toThrow(message);
    expect(() => fromSpec(large.spec, options)).toThrow(message);
    expect(() => readModel(writeModel(model(large)), 'm.safetensors', options)).toThrow(OptionError);
    expect(() => readModel(writeModel(model(large)), 'm.safetensors', options)).toThrow(message);
  });
});

describe.each(ENGINES)('a normalization on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([2, 130])('over more channels than the %i that there are takes no memory for the others', (channels) => {
    const input = randomGrid([1, 2, 2, channels]);
    const all = compute(localResponseNorm({ depthRadius: channels }), input);
    expect(compute(localResponseNorm({ depthRadius: 3e9 }), input)).toEqual(all);
  });
});

it('a spec of over 10,000 stages is refused', () => {
  const stages = Array.from({ length: 10_000 }, () => ({ op: 'activation', activation: 'relu' }));
  expect(() => fromSpec({ op: 'pipeline', stages })).toThrow('a spec has over 10000 stages');
});
