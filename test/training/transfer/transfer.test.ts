import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import {
  avgPool,
  conv2d,
  dense,
  embedding,
  fit,
  flatten,
  frameSource,
  globalAvgPool,
  infer,
  maxPool,
  modelFrom,
  OptionError,
  pipeline,
  readModel,
  releaseModels,
  softmax,
  transfer,
  useEngine,
  writeModel,
  type Model,
  type Pixels,
  type TransferOptions,
} from 'sluice';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { squeezenet } from 'sluice/pipelines/squeezenet';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../support/random.ts';

beforeAll(() => useEngine('wasm'));

const random = randomFrom(5);
const noise = (size: number): Pixels => ({
  width: size,
  height: size,
  channels: 3,
  data: Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random() * 256)),
});
const names = ({ pipeline: { parts } }: Model<object, object>) => parts.map(({ name }) => name);
const resultOf = <T extends object>(model: Model<T, object>, picture: Pixels) =>
  firstValueFrom(frameSource([{ data: picture, timestamp: 0 }], { source: 'one' }).pipe(infer(model)));

const small = () =>
  modelFrom(
    pipeline(
      { name: 'small', inputShape: [1, 8, 8, 3] },
      conv2d({ name: 'one', filters: 4, kernelSize: 3, activation: 'relu' }),
      conv2d({ name: 'two', filters: 6, kernelSize: 3, activation: 'relu' }),
      maxPool({ poolSize: 2 }),
      flatten(),
      dense({ name: 'three', units: 5, activation: 'relu' }),
      dense({ name: 'old', units: 7 }),
      softmax(),
    ),
    { width: 8, height: 8, range: [0, 1] },
    { seed: 3 },
  );

describe('transfer', () => {
  it('replaces the last stage with weights, and what follows', async () => {
    const { features, head, shape, whole } = transfer(await small(), ['a', 'b', 'c']);
    expect(names(features)).toEqual(['one', 'two', 'maxPool', 'flatten', 'three']);
    expect([shape, features.task.kind]).toEqual([[1, 5], 'embedding']);
    expect(names(head)).toEqual(['head', 'softmax']);
    expect(names(whole(head))).toEqual([...names(features), ...names(head)]);
    expect(whole(head)).toMatchObject({ name: 'small', labels: ['a', 'b', 'c'], preprocess: { width: 8 } });
  });

  it('keeps all other weights', async () => {
    const base = await small();
    const { whole, head } = transfer(base, ['a', 'b'], { trainable: 3 });
    const [before, after] = [base, whole(head)].map((model) => model.pipeline.weights([1, 8, 8, 3]));
    for (const name of ['one/kernel', 'two/bias', 'three/kernel']) expect(after?.[name]).toEqual(before?.[name]);
    expect(after?.['head/kernel']?.shape).toEqual([5, 2]);
  });

  it.each([
    [1, ['one', 'two', 'maxPool', 'flatten', 'three'], ['head', 'softmax']],
    [2, ['one', 'two', 'maxPool', 'flatten'], ['three', 'head', 'softmax']],
    [3, ['one'], ['two', 'maxPool', 'flatten', 'three', 'head', 'softmax']],
  ] as const)('with trainable %i, the head has as many stages with weights', async (trainable, front, back) => {
    const { features, head } = transfer(await small(), ['a', 'b'], { trainable });
    expect([names(features), names(head)]).toEqual([front, back]);
  });

  it.each<[string, () => Promise<Model>, readonly number[]]>([
    ['MobileNet v1 gives vectors', () => mobilenetV1(), [1, 1024]],
    ['SqueezeNet gives pictures, which are averaged', () => squeezenet({ seed: 1 }), [1, 512]],
    ['LeNet-5', () => lenet5({ seed: 1 }), [1, 84]],
  ])('%s', async (_, load, shape) => {
    expect(transfer(await load(), ['a', 'b']).shape).toEqual(shape);
  });

  it('a head on features gives what the whole model gives of the picture', async () => {
    const { features, head, shape, whole } = transfer(await small(), ['a', 'b'], { trainable: 2 });
    const picture = noise(8);
    const { vector } = await resultOf(features, picture);
    const scores = tf.tidy(() => {
      const kernel = head.pipeline.build([...shape]);
      const y = kernel.run(tf.tensor(vector, [...shape]) as never);
      kernel.dispose();
      return Array.from(y.dataSync());
    });
    const { classes } = await resultOf(whole(head), picture);
    for (const { index, score } of classes) expect(score).toBeCloseTo(scores[index] ?? NaN, 5);
  });

  it('learns with fit from tensors of features, and is written and read as one model', async () => {
    const { features, head, shape, whole } = transfer(await small(), ['dark', 'light']);
    const grey = (level: number): Pixels => ({ ...noise(8), data: new Uint8Array(192).fill(level) });
    const vectors = await Promise.all(
      [20, 60, 190, 230].map(async (level) => (await resultOf(features, grey(level))).vector),
    );
    await releaseModels();
    const before = tf.memory().numTensors;
    const examples = vectors.map((vector, i) => ({ data: tf.tensor(vector, [...shape]), target: i < 2 ? 0 : 1 }));
    const training = fit(head, examples, { epochs: 60, learningRate: 0.05 });
    const { model: trained, accuracy } = await lastValueFrom(training);
    tf.dispose(examples.map(({ data }) => data));
    expect(accuracy).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
    const model = readModel(writeModel(whole(trained)), 'taught.safetensors');
    expect((await resultOf(model, grey(40))).classes[0]?.label).toBe('dark');
    expect((await resultOf(model, grey(210))).classes[0]?.label).toBe('light');
  });

  it('takes the whole of a model whose task is embedding', async () => {
    const net = pipeline(
      { name: 'vector', inputShape: [1, 4, 4, 3] },
      conv2d({ filters: 2, kernelSize: 3, seed: 1 }),
      globalAvgPool(),
    );
    const base = {
      name: 'vector',
      preprocess: { width: 4, height: 4, range: [0, 1] as const },
      pipeline: net,
      task: embedding(),
      labels: [],
    };
    const { features, head } = transfer(base, ['a', 'b']);
    expect([names(features), names(head)]).toEqual([
      ['conv2d', 'globalAvgPool'],
      ['head', 'softmax'],
    ]);
  });

  it('gives the new stage a name that no other stage has', async () => {
    const net = pipeline(
      { name: 'own', inputShape: [1, 4, 4, 3] },
      flatten(),
      dense({ name: 'head', units: 3 }),
      dense({ name: 'other', units: 3 }),
      softmax(),
    );
    const base = await modelFrom(net, { width: 4, height: 4, range: [0, 1] }, { seed: 1 });
    const { whole, head } = transfer(base, ['a', 'b']);
    expect(names(whole(head))).toEqual(['flatten', 'head', 'head2', 'softmax']);
  });

  it('begins with a layer of zeros, which prefers no class', async () => {
    const { head, whole } = transfer(await small(), ['a', 'b', 'c', 'd']);
    const { 'head/kernel': kernel, 'head/bias': bias } = head.pipeline.weights([1, 5]);
    expect([kernel?.shape, bias?.shape]).toEqual([[5, 4], [4]]);
    expect([...(kernel?.data ?? [1]), ...(bias?.data ?? [1])].every((value) => value === 0)).toBe(true);
    const { classes } = await resultOf(whole(head), noise(8));
    expect(classes.map(({ score }) => score)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('says that the head takes features where it is given pictures', async () => {
    const { head } = transfer(await small(), ['a', 'b']);
    await expect(lastValueFrom(fit(head, [{ data: noise(8), target: 0 }]))).rejects.toThrow(
      'the model takes [1, 5], but its preprocessing makes [1, 8, 8, 3] of a picture: give tensors as examples',
    );
  });

  it.each<[string, unknown, TransferOptions | Record<string, unknown>, string]>([
    ['one label', ['a'], {}, 'give at least two labels, not 1'],
    ['no list', 'ab', {}, 'labels must be a list of names, not "ab"'],
    ['a label twice', ['a', 'b', 'a'], {}, 'two labels are "a"'],
    [
      'no stage to train',
      ['a', 'b'],
      { trainable: 0 },
      'trainable must be from 1 to 4, the number of stages with weights, not 0',
    ],
    ['too many stages', ['a', 'b'], { trainable: 5 }, 'trainable must be from 1 to 4'],
    ['half a stage', ['a', 'b'], { trainable: 1.5 }, 'not 1.5'],
    ['an unknown option', ['a', 'b'], { stages: 2 }, 'stages'],
  ])('refuses %s', async (_, labels, options, message) => {
    const base = await small();
    expect(() => transfer(base, labels as string[], options)).toThrow(message);
  });

  it('refuses a model that has nothing before its last stage with weights, and says what to do', async () => {
    const net = pipeline(
      { name: 'flat', inputShape: [1, 4, 4, 3] },
      avgPool({ poolSize: 2 }),
      flatten(),
      dense({ units: 2 }),
      softmax(),
    );
    const base = await modelFrom(net, { width: 4, height: 4, range: [0, 1] }, { seed: 1 });
    expect(() => transfer(base, ['a', 'b'])).toThrow(OptionError);
    expect(() => transfer(base, ['a', 'b'])).toThrow(
      'flat has no stage with weights before its last one (its stages are avgPool, flatten, dense, softmax), so it gives no features',
    );
  });
});
