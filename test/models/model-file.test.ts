import { beforeAll, describe, expect, test } from 'vitest';
import {
  classification,
  activation,
  batchNorm,
  concatenate,
  conv2d,
  dense,
  flatten,
  globalAvgPool,
  graph,
  maxPool,
  OptionError,
  pipeline,
  readModel,
  residual,
  softmax,
  useEngine,
  WeightsError,
  writeModel,
  writeSafetensors,
  type Model,
  type Spec,
  type Weight,
} from 'sluice';
import { compute } from '../support/compute.ts';

beforeAll(() => useEngine('cpu'));

const inputShape = [1, 8, 8, 3];
const conv = (name: string, seed: number) => conv2d({ name, filters: 4, kernelSize: 3, padding: 'same', seed });

const gated = graph({
  name: 'gated',
  nodes: {
    gate: { stage: conv2d({ filters: 8, kernelSize: 1, activation: 'sigmoid', seed: 6 }), from: 'input' },
    out: { merge: 'multiply', from: ['input', 'gate'] },
  },
  output: 'out',
});

/** One of everything that nests. */
const network = (): Model => ({
  name: 'nested',
  task: classification(),
  preprocess: { width: 8, height: 8, range: [-1, 1] },
  pipeline: pipeline(
    { name: 'nested', inputShape },
    conv('stem', 1),
    batchNorm({ seed: 2 }),
    residual({ name: 'skip' }, conv('inner', 3), activation('relu')),
    concatenate(
      { name: 'fork' },
      conv('left', 4),
      pipeline(maxPool({ poolSize: 3, strides: 1, padding: 'same' }), conv('right', 5)),
    ),
    gated,
    globalAvgPool(),
    dense({ units: 3, seed: 7 }),
    softmax(),
  ),
  labels: ['a', 'ü', ''],
});

const input = { shape: inputShape, data: Array.from({ length: 192 }, (_, i) => Math.sin(i)) };
const scores = (net: Model) => compute(net.pipeline, input).data;

describe('a model file', () => {
  test('gives back the network: its numbers, preprocessing and labels', () => {
    const net = network();
    const again = readModel(writeModel(net), 'nested.safetensors');
    expect(again).toMatchObject({ name: 'nested', preprocess: net.preprocess, labels: net.labels });
    expect(again.pipeline.spec).toEqual(net.pipeline.spec);
    expect(scores(again)).toEqual(scores(net));
  });
  test('as float16 is about half the size, and its scores agree to three decimals', () => {
    const net = network();
    const [whole, half] = [writeModel(net), writeModel(net, 'F16')];
    expect(half.length).toBeLessThan(whole.length);
    const [a, b] = [scores(net), scores(readModel(half, 'half.safetensors'))];
    a.forEach((value, i) => expect(Math.abs(value - (b[i] ?? NaN))).toBeLessThan(1e-3));
  });
  test('written again is the same model', () => {
    const again = readModel(writeModel(network()), 'x');
    const third = readModel(writeModel(again), 'x');
    expect(third.pipeline.spec).toEqual(again.pipeline.spec);
    expect(third.pipeline.weights(inputShape)).toEqual(again.pipeline.weights(inputShape));
  });
  test('with a stage of your own needs to be told how it is made', () => {
    const net = network();
    const spec: Spec = { op: 'pipeline', name: 'own', inputShape, stages: [{ op: 'pool' }, { op: 'softmax' }] };
    const bytes = file({ spec: JSON.stringify(spec), labels: '["a", "b", "c"]' }, {});
    expect(() => readModel(bytes, 'own.safetensors')).toThrow(
      /^own\.safetensors is not a model file of sluice: a spec has the op "?pool"?, which is none of .* give stages/,
    );
    const made = readModel(bytes, 'own.safetensors', { stages: { pool: () => globalAvgPool() } });
    expect(made.pipeline.outputShape(inputShape)).toEqual([1, 3]);
    expect(made.preprocess).toEqual(net.preprocess);
  });
});

const kernel: Weight = { shape: [192, 2], data: new Float32Array(384) };
const bias: Weight = { shape: [2], data: new Float32Array(2) };
const plain = pipeline({ name: 'plain', inputShape }, flatten(), dense({ units: 2 }), softmax());

/** A good file, but for what is changed. */
function file(changes: Readonly<Record<string, string | undefined>>, weights?: Readonly<Record<string, Weight>>) {
  const metadata: Record<string, string | undefined> = {
    sluice: '1',
    name: 'plain',
    spec: JSON.stringify(plain.spec),
    preprocess: '{"width":8,"height":8,"range":[-1,1]}',
    labels: '["no","yes"]',
    ...changes,
  };
  const given = Object.entries(metadata).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return writeSafetensors(weights ?? { 'dense/kernel': kernel, 'dense/bias': bias }, 'F32', Object.fromEntries(given));
}

describe('readModel', () => {
  test('takes the file that the refused ones are variants of', () => {
    expect(readModel(file({}), 'good').labels).toEqual(['no', 'yes']);
  });
  const deep = (depth: number) => `${'{"op":"pipeline","stages":['.repeat(depth)}{"op":"flatten"}${']}'.repeat(depth)}`;
  test.each<[string, Uint8Array, RegExp]>([
    ['weights alone', writeSafetensors({ a: bias }), /its __metadata__ has no spec/],
    ['another version', file({ sluice: '2' }), /its version is "?2"?, but this version of sluice reads 1/],
    ['no spec', file({ spec: undefined }), /has no spec/],
    ['no labels', file({ labels: undefined }), /has no labels/],
    ['no preprocess', file({ preprocess: undefined }), /has no preprocess/],
    ['a spec that is not JSON', file({ spec: '{"op":' }), /its spec is not JSON/],
    ['a spec of null', file({ spec: 'null' }), /a spec must be an object with an op/],
    ['a spec of one stage', file({ spec: '{"op":"flatten"}' }), /its spec is a flatten, not a pipeline/],
    ['an unknown op', file({ spec: '{"op":"pipeline","stages":[{"op":"__proto__"}]}' }), /has the op "?__proto__"?/],
    ['stages nested 101 deep', file({ spec: deep(101) }), /nested over 100 deep/],
    ['stages nested 100,000 deep', file({ spec: deep(100_000) }), /its spec is JSON that is nested over 1000 deep/],
    ['no declared shape', file({ spec: '{"op":"pipeline","stages":[{"op":"flatten"}]}' }), /declare inputShape/],
    [
      'a picture of 10¹² pixels',
      file({ spec: '{"op":"pipeline","inputShape":[1,1000000,1000000,3],"stages":[{"op":"globalAvgPool"}]}' }),
      /its stage globalAvgPool has an input or output of more than 268435456 values/,
    ],
    [
      'a stage that makes one of it, among others',
      file({
        spec: '{"op":"pipeline","inputShape":[1,8,8,3],"stages":[{"op":"concatenate","branches":[{"op":"pipeline","stages":[{"op":"upsample","size":1000000},{"op":"avgPool","poolSize":1000000}]}]}]}',
      }),
      /its stage concatenate has an input or output of more than 268435456 values/,
    ],
    [
      'a name that is none',
      file({ spec: '{"op":"pipeline","inputShape":[1,8,8,3],"stages":[{"op":"maxPool","name":{"toString":1}}]}' }),
      /a stage's name must be a non-empty string without '\/', not an object/,
    ],
    [
      'an option that does not exist',
      file({
        spec: '{"op":"pipeline","inputShape":[1,8,8,3],"stages":[{"op":"maxPool","poolSize":2,"ceilMode":true}]}',
      }),
      /maxPool has no option "ceilMode"; its options are name, poolSize, strides, padding$/,
    ],
    [
      '10⁹ units',
      file({ spec: JSON.stringify(plain.spec).replace('"units":2', '"units":1000000000') }),
      /its stage dense has an input or output of more than 268435456 values/,
    ],
    ['too few labels', file({ labels: '["no"]' }), /its task needs one label per score, but got 1 labels and 2 scores/],
    ['labels that are none', file({ labels: '{"0":"no"}' }), /is not a list of class names/],
    ['another size', file({ preprocess: '{"width":9,"height":8,"range":[-1,1]}' }), /declared for|needs/],
    ['a size of 10⁹', file({ preprocess: '{"width":1e9,"height":8,"range":[-1,1]}' }), /width must be a whole number/],
    ['no range', file({ preprocess: '{"width":8,"height":8}' }), /mean and std must be/],
    ['preprocess of null', file({ preprocess: 'null' }), /its preprocess is null/],
    ['a weight missing', file({}, { 'dense/kernel': kernel }), /lacks dense\/bias of plain/],
    ['a weight too many', file({}, { 'dense/kernel': kernel, 'dense/bias': bias, more: bias }), /does not fit plain/],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => readModel(bytes, 'm.safetensors')).toThrow(WeightsError);
    expect(() => readModel(bytes, 'm.safetensors')).toThrow(message);
    expect(() => readModel(bytes, 'm.safetensors')).toThrow(/^m\.safetensors /);
  });
  test.each([
    ['__metadata__ that is a list', '{"__metadata__":["x"]}'],
    ['__metadata__ of numbers', '{"__metadata__":{"sluice":1}}'],
    ['__metadata__ that is a text', '{"__metadata__":"sluice"}'],
  ])('refuses %s', (_what, json) => {
    const header = new TextEncoder().encode(json);
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    expect(() => readModel(bytes, 'm')).toThrow(
      /^m is not a valid safetensors file: its __metadata__ is not an object of strings$/,
    );
  });
  test('refuses every cut of a file', () => {
    const bytes = file({});
    for (let length = 0; length < bytes.length; length += 37) {
      expect(() => readModel(bytes.subarray(0, length), 'm')).toThrow(WeightsError);
    }
  });
});

describe('writeModel refuses', () => {
  test('a pipeline that is declared for no shape', () => {
    const undeclared = pipeline(flatten(), dense({ units: 2, seed: 1 }));
    expect(() => writeModel({ ...network(), pipeline: undeclared })).toThrow(OptionError);
  });
  test('a pipeline without its weights', () => {
    expect(() => writeModel({ ...network(), pipeline: plain })).toThrow(
      /^dense has no kernel \[192, 2\]: give weights/,
    );
  });
});
