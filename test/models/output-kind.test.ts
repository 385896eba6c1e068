import { describe, expect, it } from 'vitest';
import {
  classify,
  frameSource,
  importModel,
  infer,
  OptionError,
  readModel,
  regression,
  useEngine,
  writeModel,
  type ImportOptions,
  type OutputKind,
  type Pixels,
} from 'sluice';
import { firstValueFrom } from 'rxjs';
import { lastNodeOf } from '../../src/models/graph/last-node.ts';
import { outputMeaning, type OutputFacts } from '../../src/models/output-kind.ts';
import { layer, sequential, written } from './layers/written.ts';
import { writtenGraph, type GraphJson } from './graph/written-graph.ts';

const labels = (count: number) => Array.from({ length: count }, (_, i) => `label ${i}`);
const facts = (last: OutputFacts['last'], numbers: number, names?: number): OutputFacts => ({
  file: 'm.json',
  last,
  shape: [1, numbers],
  labels: names === undefined ? undefined : labels(names),
});

describe('what an output means, by the last operation, the number of outputs, and the labels', () => {
  it.each<[OutputFacts['last'], number, number | undefined, OutputKind, boolean, RegExp | undefined]>([
    ['softmax', 3, undefined, 'scores', false, undefined],
    ['softmax', 3, 3, 'scores', false, undefined],
    ['sigmoid', 1, undefined, 'binary', false, undefined],
    ['sigmoid', 1, 2, 'binary', false, undefined],
    ['linear', 1, 2, 'binary', true, undefined],
    ['other', 1, 2, 'binary', false, undefined],
    ['linear', 5, 5, 'logits', false, undefined],
    ['sigmoid', 3, 3, 'multiLabel', false, /each label is judged for itself.*at least 0\.5.*--min-score/],
    ['sigmoid', 3, undefined, 'multiLabel', false, /scores, for classes that exclude each other/],
    ['linear', 1, undefined, 'value', false, /gives one number .* taken as a value.*binary.*--from-logits/],
    ['other', 1, undefined, 'value', false, /taken as a value/],
    ['linear', 5, undefined, 'logits', false, /taken as logits.*--output-kind.*vector/],
    ['other', 5, undefined, 'scores', false, /taken as scores.*--output-kind.*vector/],
    ['other', 5, 5, 'scores', false, /taken as scores/],
  ])('%s, %i outputs, %s labels: %s', (last, numbers, names, kind, fromLogits, assumption) => {
    const meaning = outputMeaning(facts(last, numbers, names), {});
    expect(meaning.kind).toBe(kind);
    expect(meaning.task.spec['fromLogits'] ?? false).toBe(fromLogits);
    if (assumption) expect(meaning.assumption).toMatch(assumption);
    else expect(meaning.assumption).toBeUndefined();
  });

  it('what the files state comes before that, and what is given before both', () => {
    const stated = { ...facts('linear', 5), stated: { outputKind: 'multiLabel' } as const };
    expect(outputMeaning(stated, {})).toMatchObject({ kind: 'multiLabel', assumption: undefined });
    // The last operation is linear, so these are logits.
    expect(outputMeaning(stated, {}).task.spec).toMatchObject({ fromLogits: true });
    expect(outputMeaning(stated, { fromLogits: false }).task.spec).not.toHaveProperty('fromLogits');
    expect(outputMeaning(stated, { outputKind: 'vector' })).toMatchObject({ kind: 'vector', assumption: undefined });
    expect(outputMeaning(facts('sigmoid', 3), { outputKind: 'scores' })).toMatchObject({ kind: 'scores' });
  });

  it('wrong options', () => {
    expect(() => outputMeaning(facts('linear', 3), { outputKind: 'detection' as never })).toThrow(
      /outputKind must be one of scores, logits, binary, multiLabel, value, vector, not "detection"/,
    );
    expect(() => outputMeaning(facts('softmax', 3), { fromLogits: true })).toThrow(/not for scores/);
    expect(() => outputMeaning(facts('softmax', 3), { outputKind: 'vector', fromLogits: true })).toThrow(OptionError);
  });
});

const shape = { batch_input_shape: [null, 2, 2, 3] };
const net = (...layers: object[]) =>
  written(sequential(layer('GlobalAveragePooling2D', 'mean', shape), ...layers), {
    'd/kernel': { shape: [3, 2], data: [2, 0, 0, 1, 0, 0] },
    'one/kernel': { shape: [3, 1], data: [4, 0, -4] },
  });
const dense = (activation: string) => layer('Dense', 'd', { units: 2, activation, use_bias: false });
const one = (activation: string) => layer('Dense', 'one', { units: 1, activation, use_bias: false });
const red: Pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12).map((_, i) => (i % 3 ? 0 : 255)) };

async function imported(files: File[], options: ImportOptions = {}) {
  const warnings: string[] = [];
  const onWarning = (message: string, code: string) => void (code === 'output-kind' && warnings.push(message));
  await useEngine('cpu');
  const model = await importModel(files, { normalize: { range: [0, 1] }, onWarning, ...options });
  const frames = frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
  const { classes } = await firstValueFrom(frames.pipe(infer(model)));
  return { model, warnings, classes: classes.map(({ label, score }) => `${label} ${score.toFixed(4)}`) };
}

describe('importModel', () => {
  it('softmax: scores', async () => {
    const { classes, warnings } = await imported(net(dense('softmax')));
    expect([classes, warnings]).toEqual([['class 0 0.8808', 'class 1 0.1192'], []]);
  });

  it('no activation: logits get their softmax, with a warning only where there are no labels', async () => {
    const { classes, warnings } = await imported(net(dense('linear')));
    expect(classes).toEqual(['class 0 0.8808', 'class 1 0.1192']);
    expect(warnings).toEqual([expect.stringMatching(/^model.json gives \[1, 2\] without a softmax.*taken as logits/)]);
    const named = await imported(net(dense('linear')), { labels: ['red', 'green'] });
    expect([named.classes, named.warnings]).toEqual([['red 0.8808', 'green 0.1192'], []]);
  });

  it('one sigmoid: two classes, with two labels, one or none', async () => {
    expect(await imported(net(one('sigmoid')))).toMatchObject({
      classes: ['class 1 0.9820', 'class 0 0.0180'],
      warnings: [],
    });
    expect((await imported(net(one('sigmoid')), { labels: ['cat', 'dog'] })).classes[0]).toBe('dog 0.9820');
    expect((await imported(net(one('sigmoid')), { labels: ['dog'] })).classes).toEqual([
      'dog 0.9820',
      'not dog 0.0180',
    ]);
    await expect(imported(net(one('sigmoid')), { labels: ['a', 'b', 'c'] })).rejects.toThrow(
      /gives 2 scores and needs one label for each, but got 3 labels/,
    );
  });

  it('one logit with two labels: its sigmoid', async () => {
    const { classes, warnings } = await imported(net(one('linear')), { labels: ['cat', 'dog'] });
    expect([classes, warnings]).toEqual([['dog 0.9820', 'cat 0.0180'], []]);
  });

  it('several sigmoids: each label for itself, and a warning that says so', async () => {
    const { classes, warnings } = await imported(net(dense('sigmoid')), { labels: ['beach', 'dog'] });
    expect(classes).toEqual(['beach 0.8808', 'dog 0.5000']);
    expect(warnings).toEqual([expect.stringContaining('each label is judged for itself')]);
    const told = await imported(net(dense('sigmoid')), { outputKind: 'multiLabel' });
    expect(told.warnings).toEqual([]);
  });

  it('one number that may be anything needs to be told', async () => {
    await expect(imported(net(one('linear')))).rejects.toThrow(
      /model.json gives one number and does not say what it is.*outputKind.*binary/,
    );
    const age = await importModel(net(one('linear')), { outputKind: 'value', normalize: { range: [0, 1] } });
    const frames = frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
    expect(age).toMatchObject({ labels: [], task: { kind: 'regression' } });
    expect((await firstValueFrom(frames.pipe(infer(age)))).value).toBeCloseTo(4, 5);
  });

  it('a vector, also of features with a height and a width', async () => {
    const maps = written(sequential(layer('MaxPooling2D', 'pool', { pool_size: [1, 2], ...shape })));
    const model = await importModel(maps, { outputKind: 'vector', normalize: { range: [0, 1] } });
    const frames = frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
    expect((await firstValueFrom(frames.pipe(infer(model)))).vector).toEqual([1, 0, 0, 1, 0, 0]);
  });

  it.each([
    ['a value of two numbers', net(dense('linear')), { outputKind: 'value' }, /regression needs one value/],
    ['binary of two numbers', net(dense('linear')), { outputKind: 'binary' }, /one score for two classes/],
    ['logits of one number', net(one('linear')), { outputKind: 'logits' }, /a logit for each of several/],
    [
      'a value with labels',
      net(one('linear')),
      { outputKind: 'value', labels: ['age'] },
      /a value, which has no labels/,
    ],
    ['an unknown kind', net(one('linear')), { outputKind: 'mask' }, /outputKind must be one of/],
    ['logits of scores', net(dense('softmax')), { fromLogits: true }, /fromLogits is for outputKind binary/],
  ])('refuses %s', async (_, files, options, message) => {
    const failure = importModel(files, { normalize: { range: [0, 1] }, ...(options as ImportOptions) });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'option' });
  });

  it('what the output means travels in a file', async () => {
    const { model, classes } = await imported(net(one('linear')), { labels: ['cat', 'dog'] });
    const again = readModel(writeModel(model), 'own.safetensors');
    expect(again.task.spec).toEqual({ kind: 'classification', outputKind: 'binary', fromLogits: true });
    const frames = frameSource([{ data: red, timestamp: 0 }], { source: 'list' });
    const result = await firstValueFrom(frames.pipe(infer(again)));
    expect(result.classes.map(({ label, score }) => `${label} ${score.toFixed(4)}`)).toEqual(classes);
    const value = { ...model, task: regression(), labels: [] };
    expect(readModel(writeModel(value), 'own.safetensors').task.kind).toBe('regression');
  });

  it('a file of sluice can be read as something else', async () => {
    const { model } = await imported(net(one('linear')), { labels: ['cat', 'dog'] });
    const file = new File([new Uint8Array(writeModel(model))], 'own.safetensors');
    expect((await importModel([file], { outputKind: 'value' })).task.kind).toBe('regression');
    await expect(importModel([file], { outputKind: 'logits' })).rejects.toMatchObject({ code: 'option' });
  });
});

describe('a graph model', () => {
  const last = (change: (graph: GraphJson) => GraphJson, output?: string) => {
    let json: GraphJson | undefined;
    writtenGraph({ change: (graph) => (json = change(graph)) });
    return lastNodeOf({ json: json as unknown as Readonly<Record<string, unknown>> }, output);
  };
  const without = (name: string) => (graph: GraphJson) => {
    graph.modelTopology.node = graph.modelTopology.node.filter((node) => node.name !== name);
    return graph;
  };
  const ending =
    (op: string, input: string[], attr: object = {}) =>
    (graph: GraphJson) => {
      const changed = without('scores')(graph);
      changed.modelTopology.node.push({ name: 'end', op, input, attr });
      // An output that no node takes.
      return { ...changed, signature: { outputs: { y: { name: 'end:0' } } } };
    };

  it.each([
    ['softmax', (graph: GraphJson) => graph],
    ['linear', without('scores')],
    ['sigmoid', ending('Sigmoid', ['logits'])],
    ['linear', ending('Identity', ['logits:0'])],
    ['linear', ending('AddV2', ['logits', 'bias'])],
    ['other', ending('AddV2', ['logits', 'mean'])],
    ['sigmoid', ending('_FusedMatMul', ['mean', 'matrix', 'bias'], fused('BiasAdd', 'Sigmoid'))],
    ['linear', ending('_FusedMatMul', ['mean', 'matrix', 'bias'], fused('BiasAdd'))],
    ['other', ending('_FusedMatMul', ['mean', 'matrix', 'bias'], fused('BiasAdd', 'Relu'))],
    ['other', ending('Relu', ['logits'])],
    ['other', ending('Identity', ['end'])],
    ['other', ending('Identity', ['nowhere'])],
    ['other', ending('toString', ['logits'])],
  ] as const)('ends with %s (%#)', (expected, change) => {
    expect(last(change)).toBe(expected);
  });

  it('by its signature, or by the node that is given', () => {
    expect(last((graph) => ({ ...graph, signature: { outputs: { y: { name: 'logits:0' } } } }))).toBe('linear');
    expect(last((graph) => graph, 'logits')).toBe('linear');
    expect(last((graph) => graph, 'relu')).toBe('other');
  });

  it('a softmax in parts', () => {
    const parts = (graph: GraphJson) => {
      const changed = without('scores')(graph);
      changed.modelTopology.node.push(
        { name: 'power', op: 'Exp', input: ['logits'], attr: {} },
        { name: 'sum', op: 'Sum', input: ['power', 'axes'], attr: {} },
        { name: 'share', op: 'RealDiv', input: ['power', 'sum'], attr: {} },
      );
      return changed;
    };
    expect(last(parts)).toBe('softmax');
  });

  it('is told from its nodes', async () => {
    const model = await importModel(writtenGraph({ change: without('scores') }), {
      normalize: { range: [0, 1] },
      labels: ['a', 'b', 'c'],
    });
    expect(model.task.spec).toEqual({ kind: 'classification', outputKind: 'logits' });
  });
});

function fused(...ops: string[]): object {
  return { fused_ops: { list: { s: ops.map((op) => Buffer.from(op).toString('base64')) } } };
}

it('classify and a model with the same settings give the same', async () => {
  const { model, classes } = await imported(net(dense('linear')));
  expect(model.task.spec).toEqual({ kind: 'classification', outputKind: 'logits' });
  expect(classes[0]).toBe('class 0 0.8808');
  expect(() => classify({ outputKind: 'vector' as never })).toThrow(OptionError);
});
