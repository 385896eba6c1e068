import { readFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import { firstValueFrom } from 'rxjs';
import * as sluice from 'sluice';
import {
  dense,
  flatten,
  frameSource,
  graphModel,
  importModel,
  infer,
  layersModel,
  modelFrom,
  onnxModel,
  pipeline,
  readModel,
  softmax,
  tfliteModel,
  useEngine,
  withSafetensors,
  withTorchWeights,
  writeModel,
  writeOnnx,
  writeSafetensors,
  type ImportOptions,
  type Model,
  type OutputKind,
} from 'sluice';
import { squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { beforeAll, describe, expect, it } from 'vitest';
import { writtenGraph } from '../models/graph/written-graph.ts';
import { fixture } from '../models/keras/fixtures.ts';
import { layer, sequential, written } from '../models/layers/written.ts';
import { tfliteSamples } from '../models/tflite/tflite-samples.ts';
import { squeezenet } from '../models/torch/torch-networks.ts';
import { TorchGraph } from '../models/torch/torch-graph.ts';

// Each row of the tables of formats and of kinds in docs/models.md. (test/preprocess/presets.test.ts has those of presets.)

beforeAll(() => useEngine('wasm'));

const guide = readFileSync('docs/models.md', 'utf8');

/** The cells of a table's rows, without marks of code, by the title of its first column. */
function rowsOf(title: string): string[][] {
  const lines = guide.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|') && line.split('|')[1]?.trim() === title);
  expect(start, `a table whose first column is ${title}`).toBeGreaterThan(0);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const inTestData = (name: string) => path.resolve('test/data', name);
const fileOf = (name: string, bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], name);
const quiet = { onWarning: () => undefined };

/** What a model gives for a picture of one colour. */
async function resultOf(model: Model<object, object>): Promise<Record<string, unknown>> {
  const [, height = 0, width = 0, channels = 0] = model.pipeline.inputShape ?? [];
  const data = new Uint8Array(height * width * channels).fill(90);
  const pixels = { width, height, channels: channels as 1 | 3, data };
  const source = frameSource([{ data: pixels, timestamp: 0 }], { source: 'grey' });
  return { ...(await firstValueFrom(source.pipe(infer(model)))) };
}

/** Reads a model, and expects a class for each of so many labels, whose scores are shares of a whole. */
async function classifies(model: Promise<Model> | Model, classes: number): Promise<void> {
  const result = (await resultOf(await model)) as { classes: { score: number }[] };
  expect(result.classes).toHaveLength(classes);
  expect(result.classes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 4);
}

const size = { width: 4, height: 4, mean: 0, std: 1 };
const own = (seed?: number) =>
  pipeline(
    { name: 'own', inputShape: [1, 4, 4, 3] },
    flatten(),
    dense({ name: 'fc', units: 2, ...(seed === undefined ? {} : { seed }) }),
    softmax(),
  );
const labels = ['a', 'b'];

/** How a row is read, with the functions that it names. */
const FORMATS: Readonly<Record<string, () => Promise<void>>> = {
  'stages that you write': async () => {
    await classifies(modelFrom(own(1), size, { labels }), 2);
    const weights = writeSafetensors(own(1).weights([1, 4, 4, 3]));
    await classifies(modelFrom(own(), size, { labels, weights }), 2);
    await classifies(modelFrom(own(), size, { labels, seed: 3 }), 2);
  },

  'a Teachable Machine export': async () => {
    await classifies(importModel(inTestData('teachable/model.json')), 2);
    await classifies(importModel(inTestData('keras/teachable/keras_model.h5')), 2);
    const inside = Object.fromEntries(
      ['keras_model.h5', 'labels.txt'].map((name) => [name, fixture(`teachable/${name}`)]),
    );
    await classifies(importModel([fileOf('converted_keras.zip', zipSync(inside))]), 2);
  },

  'a whole model of Keras 2 or 3': async () => {
    for (const name of ['sequential-keras2.h5', 'sequential-keras3.h5', 'sequential.keras']) {
      const source = [fileOf(name, fixture(name))];
      expect((await layersModel(source, quiet)).parts.map(({ stage }) => stage.spec.op)).toContain('batchNorm');
      await classifies(importModel(source, quiet), 3);
    }
  },

  'a Keras or tfjs-layers model': async () => {
    const source = inTestData('teachable/model.json');
    expect((await layersModel(source)).parts.length).toBeGreaterThan(3);
    await classifies(importModel(source), 2);
    for (const dtype of ['float16', 'uint8', 'uint16'] as const)
      await classifies(importModel(quantized(dtype), quiet), 2);
  },

  'a TensorFlow Lite model': async () => {
    const [floats, whole] = tfliteSamples() as [Uint8Array, Uint8Array];
    const source = [fileOf('tiny.tflite', floats)];
    expect((await tfliteModel(source)).parts.at(-1)?.stage.spec.op).toBe('softmax');
    await classifies(importModel(source, quiet), 3);
    expect((await tfliteModel([fileOf('whole.tflite', whole)])).inputShape).toEqual([1, 6, 6, 3]);
  },

  'a TensorFlow.js graph model': async () => {
    const source = writtenGraph();
    expect((await graphModel(source)).outputShape([1, 4, 4, 1])).toEqual([1, 3]);
    await classifies(importModel(source, quiet), 3);
  },

  'an ONNX model': async () => {
    const source = [fileOf('own.onnx', writeOnnx(own(1)))];
    expect((await onnxModel(source)).parts.map(({ stage }) => stage.spec.op)).toContain('dense');
    await classifies(importModel(source, quiet), 2);
    await classifies(importModel(source, { ...quiet, onnxRuntime: 'whole' }), 2);
  },

  'a file that sluice wrote': async () => {
    const bytes = writeModel(await modelFrom(own(1), size, { labels }));
    const read = readModel(bytes, 'own.safetensors');
    expect(read.labels).toEqual(labels);
    await classifies(read, 2);
    await classifies(importModel([fileOf('own.safetensors', bytes)]), 2);
  },

  'weights as safetensors': async () => {
    const ours = writeSafetensors(own(1).weights([1, 4, 4, 3]));
    expect(own().inputShape).toEqual(withSafetensors(own(), ours, 'own.safetensors').inputShape);
    const net = new TorchGraph(3);
    squeezenet(net);
    const theirs = writeSafetensors(Object.fromEntries(net.state));
    const loaded = await withTorchWeights(squeezenetPipeline({ variant: 'torchvision' }), theirs, 'torch.safetensors');
    expect(loaded.weights([1, 224, 224, 3])).toHaveProperty(['conv1/kernel']);
  },
};

/** The model of Teachable Machine's form with a head whose weights have fewer bits. */
function quantized(dtype: 'float16' | 'uint8' | 'uint16'): File[] {
  const head = sequential(
    layer('Flatten', 'flat', { batch_input_shape: [null, 2, 2, 1] }),
    layer('Dense', 'fc', { units: 2, use_bias: false, activation: 'softmax' }),
  );
  const [json] = written(head);
  const scaled = {
    quantization: dtype === 'float16' ? { dtype, original_dtype: 'float32' } : { dtype, min: -1, scale: 0.01 },
  };
  const weights = [{ name: 'fc/kernel', shape: [4, 2], dtype: 'float32', ...scaled }];
  const manifest = [{ paths: ['w.bin'], weights }];
  const topology = { format: 'layers-model', modelTopology: head, weightsManifest: manifest };
  const bytes = dtype === 'uint8' ? Uint8Array.from({ length: 8 }, (_, i) => 20 * i) : new Uint8Array(16).fill(60);
  expect(json?.name).toBe('model.json');
  return [new File([JSON.stringify(topology)], 'model.json'), new File([bytes], 'w.bin')];
}

describe('the table of formats', () => {
  const rows = rowsOf('what you have');
  const keyOf = (cell: string) => Object.keys(FORMATS).find((key) => cell.startsWith(key));

  it.each(rows)('%s: %s', async (what) => {
    const key = keyOf(what);
    expect(key, 'a way to read it').toBeDefined();
    await FORMATS[key ?? '']?.();
  });

  it('has every format, with functions that exist', () => {
    expect(rows.map(([what = '']) => keyOf(what))).toEqual(Object.keys(FORMATS));
    for (const name of rows.flatMap(([, functions = '']) => functions.match(/\w+(?=[`(])/g) ?? [])) {
      expect(sluice, name).toHaveProperty(name);
    }
  });
});

interface Kind {
  /** The last layer, how many numbers it gives, and how many labels there are. */
  readonly activation: string;
  readonly units: number;
  readonly labels?: number;
  /** What the warning says, if there is one. */
  readonly warning?: RegExp;
  readonly result: (result: Record<string, unknown>) => void;
}

const withoutTimes = ({ latencyMs: _l, timings: _t, ...rest }: Record<string, unknown>) => rest;
const classesOf = (result: Record<string, unknown>) => result['classes'] as { index: number; score: number }[];
const sumsToOne = (result: Record<string, unknown>) =>
  expect(classesOf(result).reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);

/** For each kind, a model that it is found for as the row says, and what its result has. */
const KINDS: Readonly<Record<OutputKind, Kind>> = {
  scores: {
    ...{ activation: 'softmax', units: 3, labels: 3 },
    result: (result) => {
      sumsToOne(result);
      const scores = classesOf(result).map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    },
  },
  logits: { activation: 'linear', units: 3, labels: 3, result: sumsToOne },
  binary: {
    ...{ activation: 'sigmoid', units: 1, labels: 2 },
    result: (result) => {
      expect(classesOf(result)).toHaveLength(2);
      sumsToOne(result);
    },
  },
  multiLabel: {
    ...{ activation: 'sigmoid', units: 3, labels: 3, warning: /judged for itself/ },
    result: (result) => expect(classesOf(result).every(({ score }) => score >= 0.5)).toBe(true),
  },
  value: {
    ...{ activation: 'linear', units: 1, warning: /taken as a value/ },
    result: (result) => expect(result['value']).toEqual(expect.any(Number)),
  },
  vector: {
    ...{ activation: 'linear', units: 5 },
    result: (result) => expect(result['vector']).toHaveLength(5),
  },
};

const withLast = ({ activation, units }: Kind): File[] =>
  written(
    sequential(
      layer('Flatten', 'flat', { batch_input_shape: [null, 2, 2, 1] }),
      layer('Dense', 'fc', { units, use_bias: false, activation }),
    ),
    { 'fc/kernel': { shape: [4, units], data: Array.from({ length: 4 * units }, (_, i) => Math.sin(i + 1)) } },
  );

describe('the table of kinds', () => {
  const rows = rowsOf('`outputKind`').map((cells) => cells.map((cell) => cell.replaceAll('`', '')));

  it.each(rows)('%s: %s, found by %s: %s', async (name, _what, found = '', shown = '') => {
    const kind = KINDS[name as OutputKind];
    const warnings: string[] = [];
    const names = kind.labels ? { labels: Array.from({ length: kind.labels }, (_, i) => `label ${i}`) } : {};
    const options = {
      normalize: { range: [0, 1] },
      ...names,
      onWarning: (text: string) => warnings.push(text),
    } as const;
    const told = { ...options, outputKind: name } as unknown as ImportOptions;
    const result = await resultOf(await importModel(withLast(kind), told));
    expect(result).toHaveProperty(shown.split(/\W/)[0] ?? '');
    kind.result(result);
    expect(warnings).toEqual([]);
    if (found.startsWith('nothing')) return;
    // Without being told, it is found: a value is an error of importModel, which is for classes, and says so.
    const assumed = importModel(withLast(kind), options);
    if (name === 'value') await expect(assumed).rejects.toThrow(kind.warning);
    else {
      expect(withoutTimes(await resultOf(await assumed))).toEqual(withoutTimes(result));
      expect(warnings).toHaveLength(kind.warning ? 1 : 0);
      if (kind.warning) expect(warnings[0]).toMatch(kind.warning);
    }
    expect(found.includes('with a warning')).toBe(
      kind.warning !== undefined || ['scores', 'logits'].includes(name ?? ''),
    );
  });

  it('has every kind', () => {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(KINDS));
  });
});
