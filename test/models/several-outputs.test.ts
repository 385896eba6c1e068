import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom } from 'rxjs';
import {
  classification,
  csvWriter,
  embedding,
  frameSource,
  graph,
  importModel,
  infer,
  layersModel,
  NamedTensors,
  ndjsonWriter,
  OptionError,
  outputs,
  readModel,
  regression,
  ShapeError,
  taskFromSpec,
  useEngine,
  writeModel,
  writeOnnx,
  type ImportOutputsOptions,
  type Pixels,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { layer, written } from './layers/written.ts';

beforeAll(() => useEngine('cpu'));

const red: Pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12).map((_, i) => (i % 3 ? 0 : 255)) };
const from = (name: string) => [[[name, 0, 0, {}]]];

/** The mean colour, and from it an age (no activation), a sex (sigmoid) and a mood (softmax). */
function face(): File[] {
  const head = (name: string, units: number, activation: string) =>
    layer('Dense', name, { units, activation, use_bias: false }, { inbound_nodes: from('mean') });
  const layers = [
    layer('InputLayer', 'picture', { batch_input_shape: [null, 2, 2, 3] }, { inbound_nodes: [] }),
    layer('GlobalAveragePooling2D', 'mean', {}, { inbound_nodes: from('picture') }),
    head('age', 1, 'linear'),
    head('sex', 1, 'sigmoid'),
    head('mood', 3, 'softmax'),
  ];
  const config = {
    name: 'face',
    layers,
    input_layers: [['picture', 0, 0]],
    output_layers: ['age', 'sex', 'mood', 'mean'].map((name) => [name, 0, 0]),
  };
  return written(
    { class_name: 'Functional', config },
    {
      'age/kernel': { shape: [3, 1], data: [31, 0, 0] },
      'sex/kernel': { shape: [3, 1], data: [Math.log(3), 0, 0] },
      'mood/kernel': { shape: [3, 3], data: [0, 0, Math.log(2), 0, 0, 0, 0, 0, 0] },
    },
  );
}

const ALL = ['age', 'sex', 'mood', 'mean'];
const KINDS = { age: 'value', mean: 'vector' } as const;

async function read(options: Partial<ImportOutputsOptions> = {}) {
  const warnings: string[] = [];
  const onWarning = (message: string, code: string) => void (code === 'output-kind' && warnings.push(message));
  const model = await importModel(face(), {
    normalize: { range: [0, 1] },
    output: ALL,
    outputKind: KINDS,
    onWarning,
    ...options,
  });
  const frames = frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
  return { model, warnings, result: await firstValueFrom(frames.pipe(infer(model))) };
}

describe('a model with several outputs', () => {
  it('computes them once, and reads each for its own task', async () => {
    const { model, result, warnings } = await read();
    // The mean is computed once: what comes before the heads is not repeated.
    expect(model.pipeline.parts.map(({ stage }) => stage.spec.op)).toEqual(['graph']);
    expect(result.outputs).toMatchObject({
      age: { value: 31 },
      sex: { classes: [{ label: 'class 1', score: expect.closeTo(0.75, 6) as number }, { label: 'class 0' }] },
      mood: { classes: [{ index: 2, score: expect.closeTo(0.5, 6) as number }, {}, {}] },
      mean: { vector: [1, 0, 0] },
    });
    expect(warnings).toEqual([]);
  });

  it('gives labels to the one output that they fit', async () => {
    const { result } = await read({ labels: ['calm', 'sad', 'glad'] });
    expect(result.outputs['mood']).toMatchObject({ classes: [{ label: 'glad' }, {}, {}] });
    expect((await read({ labels: ['f', 'm'] })).result.outputs['sex']).toMatchObject({ classes: [{ label: 'm' }, {}] });
    await expect(read({ labels: ['f', 'm'], outputKind: {} })).rejects.toThrow(
      /2 labels fit age and sex, and must fit one/,
    );
    await expect(read({ labels: ['a', 'b', 'c', 'd'] })).rejects.toThrow(/4 labels fit none of its outputs/);
  });

  it('warns of each output of which it assumes something, by its name', async () => {
    const { warnings, result } = await read({ output: ['age', 'mean', 'mood'], outputKind: { mood: 'scores' } });
    expect(warnings).toEqual([
      expect.stringMatching(/its output age gives one number .* taken as a value/),
      expect.stringMatching(/its output mean gives \[1, 3\].* taken as scores/),
    ]);
    expect(Object.keys(result.outputs)).toEqual(['age', 'mean', 'mood']);
  });

  it('of one name in a list, the result is by name, too', async () => {
    const { result } = await read({ output: ['mood'], outputKind: 'scores' });
    expect(Object.keys(result.outputs)).toEqual(['mood']);
  });

  it.each<[string, Partial<ImportOutputsOptions>, RegExp]>([
    [
      'a kind for no output',
      { outputKind: { youth: 'value' } },
      /outputKind names "youth", but the outputs are age, sex/,
    ],
    ['a kind that does not fit', { outputKind: { mood: 'value' } }, /its output mood: regression needs one value/],
    [
      'an output that does not exist',
      { output: ['age', 'height'] },
      /output must be one of age, sex, mood, mean, not "height"/,
    ],
    ['no outputs', { output: [] }, /output names nothing; it has age, sex/],
    ['an output twice', { output: ['sex', 'age', 'sex'] }, /output names "sex" twice/],
    ['an output that is no name', { output: [7 as never] }, /output must be one of age, sex, mood, mean, not 7/],
    [
      'inputs of a graph model',
      { constants: { keep: 1 } },
      /takes one input, and constants name inputs of graph models and ONNX models: leave it out/,
    ],
    [
      'what is for ONNX models',
      { onnxRuntime: 'whole' },
      /is no ONNX model, and onnxRuntime is for those: leave it out/,
    ],
  ])('refuses %s', async (_, options, message) => {
    await expect(read(options)).rejects.toThrow(message);
    await expect(read(options)).rejects.toMatchObject({ code: 'option' });
  });

  it('kinds by name need several outputs', async () => {
    const one = importModel(face(), {
      output: 'mood',
      outputKind: { mood: 'scores' } as never,
      normalize: { range: [0, 1] },
    });
    await expect(one).rejects.toThrow(/has one output, so outputKind must be one of/);
  });

  it('layersModel gives NamedTensors', async () => {
    const net = await layersModel(face(), { output: ['age', 'mood'] });
    expect(net.parts.map(({ name }) => name)).toEqual(['mean', 'mood']);
    expect(net.parts[1]?.stage.outputShapes?.([1, 3])).toEqual({ age: [1, 1], mood: [1, 3] });
    expect(net.outputShape([1, 2, 2, 3])).toEqual([1, 1]);
  });

  it('travels in a file, with its task', async () => {
    const { model, result } = await read({ labels: ['calm', 'sad', 'glad'] });
    const again = readModel<typeof result, object>(writeModel(model), 'face.safetensors');
    expect(again.task.spec).toEqual(model.task.spec);
    const frames = frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
    expect((await firstValueFrom(frames.pipe(infer(again)))).outputs).toEqual(result.outputs);
  });

  it('is no ONNX graph of one output', async () => {
    const { model } = await read();
    expect(() => writeOnnx(model.pipeline)).toThrow();
  });
});

describe('results of several outputs', () => {
  it('are written with a column for each', async () => {
    const { model, result } = await read();
    const csv = csvWriter({ task: model.task }).open();
    expect(csv.write(result) + csv.end()).toBe(
      'source,seq,timestamp,age,sex,sex_score,mood,mood_score,mean\r\nlist,0,0,31,class 1,0.75,class 2,0.5,"[1,0,0]"\r\n',
    );
    const json = ndjsonWriter({ task: model.task }).open();
    expect(JSON.parse(json.write(result))).toMatchObject({
      outputs: { age: { value: 31 }, mean: { vector: [1, 0, 0] } },
    });
    expect(model.task.captions(result).map(({ label }) => label)).toEqual(['age: 31', 'sex: class 1', 'mood: class 2']);
    expect(model.task.overlay(result, { width: 640, height: 480 })).toMatchObject({ x: 0 });
  });

  it('have the mean of each', () => {
    const task = outputs({ age: { task: regression() }, mean: { task: embedding() } });
    const aggregator = task.aggregator({});
    aggregator.add({ outputs: { age: { value: 30 }, mean: { vector: [1, 0] } } });
    aggregator.add({ outputs: { age: { value: 40 }, mean: { vector: [0, 1] } } });
    expect(aggregator.take()).toEqual({ outputs: { age: { value: 35 }, mean: { vector: [0.5, 0.5] } } });
  });

  it('without captions, where no output has any', () => {
    expect(outputs({ mean: { task: embedding() } }).hasCaptions).toBe(false);
    expect(outputs({ mean: { task: embedding() }, age: { task: regression() } }).hasCaptions).toBe(true);
  });
});

describe('the task', () => {
  const task = outputs({ sex: { task: classification({ outputKind: 'binary' }), labels: ['f', 'm'] } });

  it('is made again from its JSON', () => {
    expect(taskFromSpec(JSON.parse(JSON.stringify(task.spec))).spec).toEqual(task.spec);
  });

  it.each([
    [{ kind: 'outputs' }, /must have outputs/],
    [{ kind: 'outputs', outputs: {} }, /needs \{ name: \{ task \} \}/],
    [{ kind: 'outputs', outputs: { a: null } }, /a task must be/],
    [{ kind: 'outputs', outputs: { a: { task: task.spec } } }, /must be of one output/],
    [{ kind: 'outputs', outputs: { a: { task: { kind: 'regression' }, labels: [7] } } }, /a list of labels or none/],
  ])('refuses %j', (spec, message) => {
    expect(() => taskFromSpec(spec)).toThrow(message);
    expect(() => taskFromSpec(spec)).toThrow(OptionError);
  });

  it('refuses an output that is missing, or of another shape, and labels of the whole model', async () => {
    const reader = task.reader([]);
    expect(() => reader.checkShapes?.({ age: [1, 1] })).toThrow(/needs an output sex, which the model does not give/);
    expect(() => reader.checkShapes?.({ sex: [1, 3] })).toThrow(ShapeError);
    await expect(reader.read(new NamedTensors({}))).rejects.toThrow(/needs an output sex/);
    expect(() => task.reader(['f', 'm'])).toThrow(/each output has its own labels/);
  });

  it('is not one for a model with one output, and the other way round', async () => {
    const { model } = await read();
    const one = await importModel(face(), { output: 'mood', normalize: { range: [0, 1] } });
    const frames = () => frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
    expect(() => infer({ ...model, task: classification() })).toThrow(
      /needs one output, but got several: age, sex, mood, mean/,
    );
    const wrong = firstValueFrom(frames().pipe(infer({ ...one, labels: [], task })));
    await expect(wrong).rejects.toThrow(/needs an output sex/);
  });
});

it('a graph gives an output also where another node takes it, and one value twice', () => {
  const twice = graph<tf.Tensor, NamedTensors>({
    nodes: {
      a: { merge: 'add', from: ['input', 'input'] },
      b: { merge: 'multiply', from: ['a', 'a'] },
    },
    output: { first: 'a', second: 'b', again: 'a' },
  });
  expect(twice.outputShapes?.([1, 2])).toEqual({ first: [1, 2], second: [1, 2], again: [1, 2] });
  const before = tf.memory().numTensors;
  const kernel = twice.build([1, 2]);
  const x = tf.tensor2d([[1, 3]]);
  const { tensors } = kernel.run(x);
  expect(Object.entries(tensors).map(([name, each]) => [name, Array.from(each.dataSync())])).toEqual([
    ['first', [2, 6]],
    ['second', [4, 36]],
    ['again', [2, 6]],
  ]);
  tf.dispose([x, ...Object.values(tensors)]);
  kernel.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
