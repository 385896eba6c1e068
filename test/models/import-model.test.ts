import * as tl from '@tensorflow/tfjs-layers';
import {
  classification,
  conv2d,
  dense,
  flatten,
  frameSource,
  globalAvgPool,
  importModel,
  infer,
  pipeline,
  softmax,
  useEngine,
  writeModel,
  type ImportOptions,
  type OnModelWarning,
} from 'sluice';
import { firstValueFrom } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { writtenGraph } from './graph/written-graph.ts';
import { randomFrom } from '../support/random.ts';
import { asFiles, fillWeights, save, type Saved } from './layers/saved.ts';
import { layer, sequential, written } from './layers/written.ts';

let exported: Saved;

/** As Teachable Machine builds it: a Sequential of a network that looks and a head that was taught. */
beforeAll(async () => {
  await useEngine('cpu');
  const input = tl.input({ shape: [16, 16, 3] });
  const conv = tl.layers.conv2d({ name: 'Conv1', filters: 4, kernelSize: 3, strides: 2, useBias: false }).apply(input);
  const norm = tl.layers.batchNormalization({ name: 'bn_Conv1' }).apply(conv);
  const relu = tl.layers.reLU({ name: 'Conv1_relu', maxValue: 6 }).apply(norm) as tl.SymbolicTensor;
  const features = tl.sequential({ name: 'features' });
  features.add(tl.model({ inputs: input, outputs: relu }));
  features.add(tl.layers.globalAveragePooling2d({ name: 'mean' }));
  const head = tl.sequential({
    layers: [
      tl.layers.dense({ name: 'hidden', units: 8, activation: 'relu', inputShape: [4] }),
      tl.layers.dense({ name: 'classes', units: 2, activation: 'softmax', useBias: false }),
    ],
  });
  const model = tl.sequential();
  model.add(features);
  model.add(head);
  fillWeights(model, randomFrom(7));
  exported = await save(model);
});

const warned = () => {
  const warnings: string[] = [];
  const codes: string[] = [];
  const onWarning: OnModelWarning = (message, code) => {
    warnings.push(message);
    codes.push(code);
  };
  return { warnings, codes, onWarning };
};

it('a Teachable Machine export: its labels, its way to prepare pictures, its stages in a row', async () => {
  const { warnings, onWarning } = warned();
  const metadata = JSON.stringify({
    tfjsVersion: '1.3.1',
    packageName: '@teachablemachine/image',
    labels: ['cat', 'dog'],
    imageSize: 16,
  });
  const network = await importModel(asFiles(exported, { 'metadata.json': metadata }), { onWarning });
  expect(network.labels).toEqual(['cat', 'dog']);
  expect(network.preprocess).toEqual({ width: 16, height: 16, fit: 'cover', channels: 3, range: [-1, 1] });
  expect(network.pipeline.parts.map(({ name }) => name)).toEqual([
    'Conv1',
    'bn_Conv1',
    'Conv1_relu',
    'mean',
    'hidden',
    'classes',
  ]);
  expect(warnings).toEqual([]);
});

it('without metadata: numbered classes, pixels from 0 to 1, and a warning that this is a guess', async () => {
  const { warnings, codes, onWarning } = warned();
  const network = await importModel(asFiles(exported), { onWarning });
  expect(network.labels).toEqual(['class 0', 'class 1']);
  expect(network.preprocess).toMatchObject({ range: [0, 1] });
  expect(warnings).toEqual([expect.stringContaining('does not state the range of its pixel values')]);
  expect(codes).toEqual(['pixel-range']);
});

it('what is given goes before what is guessed', async () => {
  const { warnings, onWarning } = warned();
  const options: ImportOptions = { labels: ['a', 'b'], normalize: { mean: 0.5, std: 0.25 }, fit: 'fill', onWarning };
  const network = await importModel(asFiles(exported), options);
  expect(network).toMatchObject({ labels: ['a', 'b'], preprocess: { mean: 0.5, std: 0.25, fit: 'fill' } });
  expect(warnings).toEqual([]);
});

it('a network that scales its pixels itself gets them as they are', async () => {
  const rescaling = layer('Rescaling', 'r', { scale: 1 / 255, batch_input_shape: [null, 4, 4, 1] });
  const network = await importModel(written(sequential(rescaling, layer('GlobalAveragePooling2D', 'mean'))), {
    outputKind: 'scores',
  });
  expect(network.preprocess).toMatchObject({ width: 4, height: 4, channels: 1, range: [0, 255] });
});

describe('a metadata.json beside a model that scales its pixels itself', () => {
  const metadata = new File(['{"labels":["red","green","blue"]}'], 'metadata.json');
  const head = [
    layer('GlobalAveragePooling2D', 'mean'),
    layer('Dense', 'scores', { units: 3, activation: 'softmax', use_bias: false }),
  ];
  // The colour whose channel is brightest wins, by 8 times the difference.
  const weights = { 'scores/kernel': { shape: [3, 3], data: [8, 0, 0, 0, 8, 0, 0, 0, 8] } };
  const shape = { batch_input_shape: [null, 4, 4, 3] };
  const rescaling = (config: object = {}) => layer('Rescaling', 'r', { scale: 1 / 255, ...config });
  const red = {
    width: 4,
    height: 4,
    channels: 3,
    data: new Uint8Array(48).map((_, i) => (i % 3 === 0 ? 255 : 0)),
  } as const;
  const scoresOf = async (files: File[]) => {
    const network = await importModel(files, { onWarning: (message) => expect.unreachable(message) });
    const source = frameSource([{ data: red, timestamp: 0 }], { source: 'red' });
    return firstValueFrom(source.pipe(infer(network)));
  };

  it('gives the labels, and the layer decides over the range', async () => {
    const files = written(sequential(rescaling(shape), ...head), weights);
    const [plain, labelled] = [await scoresOf(files), await scoresOf([...files, metadata])];
    // e⁸ / (e⁸ + 2)
    const sure = Math.exp(8) / (Math.exp(8) + 2);
    expect(plain.classes[0]?.score).toBeCloseTo(sure, 5);
    expect(labelled.classes.map(({ score }) => score)).toEqual(plain.classes.map(({ score }) => score));
    expect(labelled.classes[0]?.label).toBe('red');
  });

  it.each([
    ['after padding', [layer('ZeroPadding2D', 'p', { padding: 1, ...shape }), rescaling()]],
    ['after a crop', [layer('Cropping2D', 'c', { cropping: 1, ...shape }), rescaling()]],
    [
      'after noise and dropout',
      [layer('GaussianNoise', 'n', { stddev: 1, ...shape }), layer('Dropout', 'd', { rate: 0.5 }), rescaling()],
    ],
    ['in a model inside', [{ class_name: 'Sequential', config: { name: 'base', layers: [rescaling(shape)] } }]],
    ['to −1 … 1', [rescaling({ ...shape, scale: 1 / 127.5, offset: -1 })]],
  ])('%s', async (_, layers) => {
    const network = await importModel([...written(sequential(...layers, ...head), weights), metadata]);
    expect(network).toMatchObject({ labels: ['red', 'green', 'blue'], preprocess: { range: [0, 255] } });
  });

  it('also where the scores are laid flat', async () => {
    const pool = layer('AveragePooling2D', 'p', { pool_size: 4 });
    const network = await importModel([...written(sequential(rescaling(shape), pool)), metadata]);
    expect(network.preprocess).toMatchObject({ range: [0, 255] });
  });

  it('unless the range is given', async () => {
    const files = [...written(sequential(rescaling(shape), ...head), weights), metadata];
    expect((await importModel(files, { normalize: { range: [0, 1] } })).preprocess).toMatchObject({ range: [0, 1] });
  });

  it('but not a layer that scales what another layer has made of the pixels', async () => {
    const relu = layer('ReLU', 'relu', shape);
    const network = await importModel([...written(sequential(relu, rescaling(), ...head), weights), metadata]);
    expect(network.preprocess).toMatchObject({ range: [-1, 1] });
  });
});

it('scores in a picture of one pixel are laid flat', async () => {
  const pool = layer('AveragePooling2D', 'p', { pool_size: 4, batch_input_shape: [null, 4, 4, 3] });
  const { pipeline: net } = await importModel(written(sequential(pool)), { onWarning: () => {} });
  expect(net.outputShape([1, 4, 4, 3])).toEqual([1, 3]);
});

it('a graph model', async () => {
  const network = await importModel(writtenGraph(), { normalize: { range: [0, 1] } });
  expect(network.labels).toHaveLength(3);
  expect(network.pipeline.parts.map(({ name }) => name)).toEqual(['graphModel']);
});

it('a model file of sluice, also with other labels', async () => {
  const net = pipeline(
    { name: 'tiny', inputShape: [1, 4, 4, 3] },
    conv2d({ filters: 2, kernelSize: 3, seed: 1 }),
    globalAvgPool(),
    dense({ units: 2, seed: 2 }),
    softmax(),
  );
  const bytes = writeModel({
    name: 'tiny',
    task: classification(),
    pipeline: net,
    preprocess: { width: 4, height: 4, range: [0, 1] },
    labels: ['no', 'yes'],
  });
  const file = new File([bytes as Uint8Array<ArrayBuffer>], 'tiny.safetensors');
  expect(await importModel([file])).toMatchObject({ name: 'tiny', labels: ['no', 'yes'] });
  expect((await importModel([file], { labels: ['n', 'y'] })).labels).toEqual(['n', 'y']);
});

describe('refused', () => {
  const of = (more: Record<string, string>) => () => importModel(asFiles(exported, more));
  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'labels that are too few',
      of({ 'metadata.json': '{"labels":["one"]}' }),
      'weights',
      'model.json gives 2 scores and needs one label for each, but got 1 labels',
    ],
    [
      'labels that are none',
      of({ 'metadata.json': '{"labels":[1,2]}' }),
      'weights',
      'metadata.json beside model.json is not a list of class names',
    ],
    [
      'metadata that is cut short',
      of({ 'metadata.json': '{"labels":["one"' }),
      'weights',
      'metadata.json beside model.json is not JSON',
    ],
    [
      'a network that gives pictures',
      () => importModel(written(sequential(layer('ReLU', 'r', { batch_input_shape: [null, 4, 4, 3] })))),
      'option',
      'gives [1, 4, 4, 3], not one number for each class',
    ],
    [
      'a network that takes no pictures',
      () => importModel(written(sequential(layer('ReLU', 'r', { batch_input_shape: [null, 4] })))),
      'option',
      'takes [1, 4], not pictures',
    ],
    [
      'a network of five channels',
      () => importModel(written(sequential(layer('Flatten', 'f', { batch_input_shape: [null, 4, 4, 5] })))),
      'option',
      'not pictures of 1 or 3 channels',
    ],
    [
      'a file of neither kind',
      () => importModel([new File(['GIF89a'], 'model.json')]),
      'weights',
      'model.json is not a model file: it is neither',
    ],
    [
      'an empty file',
      () => importModel([new File([], 'model.json')]),
      'weights',
      'model.json is not a model file: it is neither',
    ],
  ])('%s', async (_, load, code, message) => {
    await expect(load()).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
  });

  it('metadata of another program says nothing', async () => {
    const network = await importModel(asFiles(exported, { 'metadata.json': '{"name":"x"}' }), { onWarning: () => {} });
    expect(network.labels).toEqual(['class 0', 'class 1']);
  });
});

it('flatten is left alone where rows come out already', async () => {
  const { pipeline: net } = await importModel(asFiles(exported), { onWarning: () => {} });
  expect(net.parts.some(({ stage }) => stage.spec.op === flatten().spec.op)).toBe(false);
});
