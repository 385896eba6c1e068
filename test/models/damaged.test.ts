import * as tf from '@tensorflow/tfjs-core';
import {
  classification,
  activation,
  batchNorm,
  concatenate,
  conv2d,
  conv2dTranspose,
  crop,
  dense,
  fromSpec,
  globalAvgPool,
  graph,
  graphModel,
  importModel,
  l2Pool,
  layersModel,
  localResponseNorm,
  onnxModel,
  pipeline,
  readModel,
  reshape,
  residual,
  separableConv2d,
  SluiceError,
  softmax,
  tfliteModel,
  upsample,
  useEngine,
  withSafetensors,
  writeModel,
  zeroPad,
  type Model,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { OPERATORS } from '../../src/models/onnx/convert/operators.ts';
import type { Attribute, OnnxGraph, OnnxNode } from '../../src/onnx/onnx-model.ts';
import { randomFrom, seed } from '../support/random.ts';
import { fixture } from './keras/fixtures.ts';
import { writtenGraph } from './graph/written-graph.ts';
import { randomModel } from './layers/random-model.ts';
import { foreign } from './onnx/foreign.ts';
import { RandomGraph } from './onnx/random-graph.ts';
import { layer, sequential, written } from './layers/written.ts';
import { tfliteSamples } from './tflite/tflite-samples.ts';
import { asFiles, fillWeights, save, type Json } from './layers/saved.ts';

// Good models with a few of their settings taken out, exchanged, or turned into junk: each is one error of ours, or a model.

const random = randomFrom(seed);
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

const JUNK: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 1e9, 1e300, 2 ** 31, '', 'x', 'in', '__proto__', 'constructor'],
  ...[[], [[]], [null], [1, 2, 3], ['in', 0, 0], [[['in', 0, 0]]]],
  ...[{}, { class_name: 'Dense' }, { config: {} }, { length: 3 }, { toString: 1 }],
];

type Holder = Record<string, unknown>;

function places(value: unknown): [Holder, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [[holder, key] as [Holder, string], ...places(holder[key])]);
}

function damaged<T>(good: T): T {
  const copy = structuredClone(good);
  for (let i = 0; i < 1 + random() * 3; i++) {
    const all = places(copy);
    if (all.length === 0) break;
    const [holder, key] = pick(all);
    const way = random();
    if (way < 0.2) Reflect.deleteProperty(holder, key);
    else if (way < 0.3) holder[key] = structuredClone(pick(all)[0]);
    else holder[key] = structuredClone(pick(JUNK));
  }
  return copy;
}

/** Reads it; tensors left over, another kind of error, or one that goes on and on, is a failure. */
async function survives(read: () => unknown, what: unknown): Promise<void> {
  const before = tf.memory().numTensors;
  try {
    await read();
  } catch (error) {
    const said = error instanceof Error ? `${error.stack}` : String(error);
    if (!(error instanceof SluiceError)) expect.fail(`seed ${seed}: ${said} of ${JSON.stringify(what)}`);
    expect(error.message.length, error.message.slice(0, 200)).toBeLessThan(5000);
  }
  expect(tf.memory().numTensors).toBe(before);
}

/** What was read is also run, where it is small. */
function run(net: Model['pipeline']): void {
  const { inputShape = [] } = net;
  if (net.summary().memory.activations > 1e7) return;
  const kernel = net.build(inputShape);
  const x = tf.zeros<tf.Rank.R4>([...inputShape] as [number, number, number, number]);
  try {
    kernel.run(x).dispose();
  } finally {
    x.dispose();
    kernel.dispose();
  }
}

/** Bytes exchanged, left out, or put in. */
function damagedBytes(good: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(good);
  for (let i = 0; i < 1 + random() * 4; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return random() < 0.3 ? bytes.slice(0, Math.floor(random() * bytes.length)) : bytes;
}

const NUMBERS = [-1, 0, 1, 2, 3, 7, 1e6, -1e6, 2 ** 31, 2 ** 53];

/** Attributes, operators, inputs, and the values and shapes of constants exchanged. */
function damagedGraph(good: OnnxGraph): OnnxGraph {
  const nodes = structuredClone(good.nodes) as (OnnxNode & Record<string, unknown>)[];
  const initializers = new Map(good.initializers);
  const names = ['x', '', ...initializers.keys(), ...nodes.flatMap(({ outputs }) => outputs)];
  for (let i = 0; i < 1 + random() * 3; i++) {
    const node = pick(nodes);
    const at = nodes.indexOf(node);
    const attributes: Record<string, Attribute> = { ...node.attributes };
    const known = pick(['axis', 'axes', 'pads', 'strides', 'group', 'kernel_shape', ...Object.keys(attributes)]);
    const way = random();
    if (way < 0.4)
      attributes[known] = pick<Attribute>([pick(NUMBERS), [pick(NUMBERS), pick(NUMBERS)], [], 'x', { float: NaN }]);
    const inputs =
      way > 0.4 && way < 0.6 ? node.inputs.with(Math.floor(random() * node.inputs.length), pick(names)) : node.inputs;
    const op = way > 0.6 && way < 0.8 ? pick([...OPERATORS.keys()]) : node.op;
    nodes[at] = { ...node, op, inputs, attributes };
    const [name, stored] = pick([...initializers, ['none', { shape: [], data: Float32Array.of(1) }] as const]);
    if (way < 0.8) continue;
    const { data } = stored;
    if (data instanceof BigInt64Array)
      initializers.set(name, { ...stored, data: data.map(() => BigInt(pick(NUMBERS))) });
    else initializers.set(name, { ...stored, shape: [data.length, 1] });
  }
  return { ...good, nodes, initializers };
}

const quietly = { onWarning: () => {} };
const KERAS = [
  ...['sequential-keras2.h5', 'sequential-latest.h5', 'sequential-packed.h5', 'teachable/keras_model.h5'],
  ...['sequential.keras', 'two-blocks.keras', 'two-blocks-keras2.13.keras'],
];
const importModelFile = async (name: string, bytes: Uint8Array) =>
  layersModel([new File([bytes as Uint8Array<ArrayBuffer>], name)], quietly);

beforeAll(() => useEngine('cpu'));

describe(`damaged, seed ${seed}`, () => {
  it('models of tfjs-layers', async () => {
    for (let n = 0; n < 10; n++) {
      const model = randomModel(random, pick(['sequential', 'functional']));
      fillWeights(model, random);
      const saved = await save(model);
      model.dispose();
      for (let i = 0; i < 30; i++) {
        const json: Json = damaged(saved.json);
        await survives(async () => run(await layersModel(asFiles({ ...saved, json }), quietly)), json);
      }
    }
  });

  it('HDF5 files and .keras files', async () => {
    for (let i = 0; i < 2000; i++) {
      const name = pick(KERAS);
      const bytes = Uint8Array.from(fixture(name));
      const view = new DataView(bytes.buffer);
      for (let changes = 1 + random() * 5; changes > 0; changes--) {
        // Most fields of HDF5 have 8 bytes.
        const field = () => Math.floor((random() * (bytes.length - 8)) / 8) * 8;
        const at = field();
        const way = random();
        if (way < 0.4) bytes[at + Math.floor(random() * 8)] = pick([0, 1, 2, 8, 16, 127, 128, 255]);
        else if (way < 0.6) bytes.fill(pick([0, 255]), at, at + 8);
        else if (way < 0.8) view.setBigUint64(at, BigInt(field()), true);
        else view.setBigUint64(at, view.getBigUint64(field(), true), true);
      }
      await survives(async () => run(await importModelFile(name, bytes)), [name, i]);
    }
  });

  it('ONNX files', { timeout: 120_000 }, async () => {
    for (let n = 0; n < 40; n++) {
      const graph = new RandomGraph(random, 8).finish();
      const file = foreign(graph);
      for (let i = 0; i < 25; i++) {
        const bytes = damagedBytes(file);
        await survives(async () => run(await onnxModel([new File([bytes], 'm.onnx')], quietly)), Array.from(bytes));
        const changed = damagedGraph(graph);
        const again = foreign(changed);
        await survives(async () => run(await onnxModel([new File([again], 'm.onnx')], quietly)), changed.nodes);
      }
    }
  });

  it('the files beside a model that state its settings', async () => {
    const layers = [
      layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
      layer('Softmax', 's'),
    ];
    const files = written(sequential(...layers));
    const processor = {
      do_center_crop: true,
      crop_size: { height: 8, width: 8 },
      size: { shortest_edge: 9 },
      resample: 3,
    };
    const config = {
      model_type: 'x',
      image_size: [8, 8],
      id2label: { 0: 'a', 1: 'b', 2: 'c' },
      pretrained_cfg: { mean: 0 },
    };
    const scaling = { image_mean: [0.5, 0.5, 0.5], image_std: [0.2, 0.2, 0.2], do_rescale: true, rescale_factor: 0.1 };
    for (let i = 0; i < 500; i++) {
      const stated = damaged({ 'preprocessor_config.json': { ...processor, ...scaling }, 'config.json': config });
      const beside = Object.entries(stated).map(([name, json]) => new File([JSON.stringify(json)], name));
      await survives(() => importModel([...files, ...beside], quietly), stated);
    }
  });

  it('TFLite files', { timeout: 120_000 }, async () => {
    const good = tfliteSamples();
    for (let i = 0; i < 2000; i++) {
      const bytes = random() < 0.5 ? damagedBytes(pick(good)) : new Uint8Array(pick(good));
      const view = new DataView(bytes.buffer);
      // Most fields of FlatBuffers have 4 bytes: sizes, references, numbers of tensors.
      for (let changes = 1 + random() * 4; changes > 0 && bytes.length > 8; changes--) {
        const at = Math.floor((random() * (bytes.length - 4)) / 4) * 4;
        const way = random();
        if (way < 0.3) view.setInt32(at, pick([-1, 0, 1, 2, 3, 7, 100, 65_536, 2 ** 31 - 1, -(2 ** 31)]), true);
        else if (way < 0.6) view.setUint16(at, Math.floor(random() * 40), true);
        else view.setUint32(at, Math.floor(random() * bytes.length), true);
      }
      await survives(async () => run(await tfliteModel([new File([bytes], 'm.tflite')], quietly)), Array.from(bytes));
    }
  });

  it('graph models', async () => {
    const [model, shard] = writtenGraph() as [File, File];
    const good = JSON.parse(await model.text()) as Json;
    for (let i = 0; i < 100; i++) {
      const json = damaged(good);
      const files = [new File([JSON.stringify(json)], 'model.json'), shard];
      await survives(() => graphModel(files, quietly), json);
    }
  });

  it('model files, and specs', async () => {
    const net = pipeline(
      { name: 'all', inputShape: [1, 8, 8, 3] },
      conv2d({ filters: 4, kernelSize: 3, seed: 1 }),
      zeroPad({ padding: 1 }),
      crop({ cropping: 1 }),
      batchNorm({ seed: 1 }),
      activation('prelu', { seed: 1 }),
      activation('gelu', { approximate: true }),
      localResponseNorm({ size: 3 }),
      residual({ activation: 'relu' }, conv2d({ filters: 4, kernelSize: 3, padding: 'same', seed: 2 })),
      concatenate(
        { name: 'both' },
        conv2d({ name: 'a', filters: 2, kernelSize: 1, seed: 3 }),
        conv2d({ name: 'b', filters: 2, kernelSize: 1, groups: 2, seed: 4 }),
      ),
      upsample(),
      separableConv2d({ filters: 2, kernelSize: 2, seed: 5 }),
      conv2dTranspose({ filters: 2, kernelSize: 2, seed: 6 }),
      l2Pool({ poolSize: 2 }),
      graph({
        nodes: {
          a: { stage: conv2d({ filters: 2, kernelSize: 1, seed: 7 }), from: 'input' },
          sum: { merge: 'add', from: ['input', 'a'] },
        },
        output: 'sum',
      }),
      globalAvgPool(),
      reshape({ shape: [2] }),
      dense({ units: 2, seed: 8 }),
      softmax(),
    );
    const preprocess = { width: 8, height: 8, range: [0, 1] } as const;
    const file = writeModel({ name: 'all', pipeline: net, preprocess, task: classification(), labels: ['a', 'b'] });
    const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, start))) as Json;
    const good = { spec: net.spec, preprocess };
    for (let i = 0; i < 1500; i++) {
      const bytes = damagedBytes(file);
      await survives(() => run(readModel(bytes, 'm.safetensors').pipeline), i);
      await survives(() => withSafetensors(net, bytes, 'm.safetensors'), i);
    }
    for (let i = 0; i < 500; i++) {
      const changed = damaged(good);
      const texts = Object.entries(changed).map(([key, value]) => [key, JSON.stringify(value)]);
      const metadata = { ...(header['__metadata__'] as Json), ...Object.fromEntries(texts) } as Json;
      const json = new TextEncoder().encode(JSON.stringify({ ...header, __metadata__: metadata }));
      const bytes = new Uint8Array(8 + json.length + file.length - start);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
      bytes.set(json, 8);
      bytes.set(file.subarray(start), 8 + json.length);
      await survives(() => run(readModel(bytes, 'm.safetensors').pipeline), changed);
      await survives(() => fromSpec(changed.spec).outputShape([1, 8, 8, 3]), changed);
    }
  });
});
