import * as tf from '@tensorflow/tfjs-core';
import {
  frameSource,
  conv2d,
  markDelivered,
  dense,
  globalAvgPool,
  graphModel,
  pipeline,
  softmax,
  stage,
  useEngine,
  type GraphModelOptions,
  type NamedTensors,
  releaseModels,
} from 'sluice';
import { lastValueFrom, of, tap } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { compute, ENGINES, expectClose, randomGrid } from '../../support/compute.ts';
import { BIAS, KERNEL, MATRIX, writtenGraph, type GraphJson } from './written-graph.ts';

/** The same network of our own stages. */
const ours = pipeline(
  { inputShape: [1, 4, 4, 1] },
  conv2d({ filters: 2, kernelSize: 3, activation: 'relu', weights: { kernel: KERNEL, bias: BIAS } }),
  globalAvgPool(),
  dense({ units: 3, useBias: false, weights: { kernel: MATRIX } }),
  softmax(),
);

describe.each(ENGINES)('on %s', (engine) => {
  beforeEach(async () => {
    await useEngine(engine);
  });

  it('gives what our own stages give', async () => {
    const graph = await graphModel(writtenGraph());
    const input = randomGrid([1, 4, 4, 1]);
    expect(graph.outputShape([1, 4, 4, 1])).toEqual([1, 3]);
    expect(graph.parameterCount([1, 4, 4, 1])).toBe(18 + 2 + 2 + 6);
    expectClose(compute(graph, input), compute(ours, input));
  });

  it('takes a batch of what it takes one of', async () => {
    const input = randomGrid([3, 4, 4, 1]);
    expectClose(compute(await graphModel(writtenGraph()), input), compute(ours, input));
  });

  it('gives a node inside, or begins at one', async () => {
    const input = randomGrid([1, 4, 4, 1]);
    const conv = await graphModel(writtenGraph(), { output: 'relu' });
    const rest = await graphModel(writtenGraph(), { input: 'relu', inputShape: [1, 2, 2, 2] });
    expect(conv.outputShape([1, 4, 4, 1])).toEqual([1, 2, 2, 2]);
    expectClose(compute(rest, compute(conv, input)), compute(ours, input));
  });

  it('gives several nodes at once, and frees them all', async () => {
    await releaseModels();
    const before = tf.memory().numTensors;
    const graph = await graphModel(writtenGraph(), { output: ['scores', 'mean'] });
    const read = stage<NamedTensors, tf.Tensor>({
      spec: { op: 'read' },
      outputShape: (shape) => shape,
      kernel: () => (both) => both.tensors['scores']?.clone() as tf.Tensor,
    });
    let seen: unknown;
    let result: number[] = [];
    const frames = frameSource(of({ timestamp: 0, data: tf.ones([1, 4, 4, 1]) }), { source: 'test' }).pipe(
      graph,
      tap(({ data }) => (seen = Object.entries(data.tensors).map(([name, { shape }]) => [name, shape]))),
      read,
      tap(({ data }) => (result = Array.from(data.dataSync()))),
      markDelivered(),
    );
    await lastValueFrom(frames);
    expect(seen).toEqual([
      ['scores', [1, 3]],
      ['mean', [1, 2]],
    ]);
    expectClose(
      { shape: [1, 3], data: result },
      compute(ours, { shape: [1, 4, 4, 1], data: Array.from({ length: 16 }, () => 1) }),
    );
    await releaseModels();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('what needs to be said, or can’t be run', () => {
  const edit = (change: (graph: GraphJson) => void) =>
    writtenGraph({
      change(graph) {
        change(graph);
        return graph;
      },
    });
  const swap = (name: string, op: string) =>
    edit(({ modelTopology: { node } }) => node.forEach((one) => one.name === name && (one.op = op)));
  const second = edit(({ modelTopology: { node } }) => {
    node.push({
      name: 'keep',
      op: 'Placeholder',
      input: [],
      attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [] } } },
    });
    node.push({ name: 'kept', op: 'Mul', input: ['scores', 'keep'], attr: { T: { type: 'DT_FLOAT' } } });
  });

  it('constants for the other inputs', async () => {
    const graph = await graphModel(second, { constants: { keep: 2 } });
    const input = randomGrid([1, 4, 4, 1]);
    const expected = compute(ours, input);
    expectClose(compute(graph, input), { ...expected, data: expected.data.map((value) => value * 2) });
  });

  it.each<[string, File[], GraphModelOptions, string, string]>([
    [
      'an open size',
      writtenGraph({ size: '-1' }),
      {},
      'option',
      'does not declare the size of image ([1, -1, -1, 1]): give inputShape',
    ],
    [
      'a size that is not its own',
      writtenGraph(),
      { inputShape: [1, 5, 4, 1] },
      'option',
      'but inputShape is [1, 5, 4, 1]',
    ],
    ['a size that is none', writtenGraph(), { inputShape: [1, 4, 4, 0] }, 'option', 'but inputShape is'],
    [
      'two inputs',
      second,
      {},
      'option',
      'has 2 inputs (image [-1, 4, 4, 1], keep []): give input (--input), and constants (--constant) for the others',
    ],
    ['an input left over', second, { input: 'image' }, 'option', 'also takes keep: give constants'],
    ['a constant for nothing', second, { constants: { keep: 1, toString: 2 } }, 'option', 'has no input toString'],
    [
      'an output that does not exist',
      writtenGraph(),
      { output: 'nowhere' },
      'option',
      "'nowhere' is not found in the graph",
    ],
    [
      'an input that does not exist',
      writtenGraph(),
      { input: 'nowhere', inputShape: [1, 4, 4, 1] },
      'option',
      '[nowhere] that are not part of graph',
    ],
    ['no outputs', writtenGraph(), { output: [] }, 'option', 'output names nothing; it has scores'],
    ['an output twice', writtenGraph(), { output: ['relu', 'relu'] }, 'option', 'output names "relu" twice'],
    ['an unknown operation', swap('relu', 'MyOwnOp'), {}, 'weights', 'MyOwnOp'],
    ['a part of a loop', swap('relu', 'Exit'), {}, 'weights', 'cannot be run on [1, 4, 4, 1]'],
    [
      'shapes that do not fit',
      edit(({ weightsManifest: [group] }) => group?.weights[0] && (group.weights[0].shape = [3, 3, 2, 1])),
      {},
      'weights',
      'cannot be run on [1, 4, 4, 1]',
    ],
    [
      'a weight that is missing',
      edit(({ weightsManifest: [group] }) => group?.weights.pop()),
      {},
      'weights',
      'cannot read w.bin: it is longer',
    ],
    [
      'weights elsewhere',
      edit(({ weightsManifest: [group] }) => group && (group.paths = ['../w.bin'])),
      {},
      'weights',
      'must be relative to its folder',
    ],
    [
      'a layers model',
      edit((graph) => (graph.format = 'layers-model')),
      {},
      'weights',
      'is a layers model: read it with layersModel(…)',
    ],
    [
      'another format',
      edit((graph) => (graph.format = 'graph-model-9')),
      {},
      'weights',
      'has the format "graph-model-9", but only graph-model is supported',
    ],
    ['no nodes', edit((graph) => (graph.modelTopology = {} as never)), {}, 'weights', 'which has no list of nodes'],
    [
      'nodes that are none',
      edit((graph) => (graph.modelTopology.node = [null] as never)),
      {},
      'weights',
      'cannot be loaded',
    ],
    [
      'nodes in a circle',
      edit(({ modelTopology: { node } }) =>
        node.forEach((one) => one.name === 'conv' && (one.input = ['relu', 'kernel'])),
      ),
      { output: 'scores' },
      'weights',
      'model.json',
    ],
  ])('%s', async (_, files, options, code, message) => {
    const before = tf.memory().numTensors;
    await expect(graphModel(files, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('sizes there is no memory for, before any is taken', async () => {
    await expect(graphModel(writtenGraph({ size: '1000000' }))).rejects.toMatchObject({
      code: 'weights',
      message: 'model.json takes [1, 1000000, 1000000, 1] as image, over 268435456 values',
    });
    await expect(
      graphModel(writtenGraph({ size: '-1' }), { inputShape: [1, 100_000, 100_000, 1] }),
    ).rejects.toMatchObject({ code: 'weights', message: expect.stringContaining('over 268435456 values') as unknown });
  });

  it('weights that are NaN or infinite: a warning that names them', async () => {
    const [model, shard] = writtenGraph() as [File, File];
    const numbers = new Float32Array(await shard.arrayBuffer());
    numbers[0] = NaN;
    numbers[numbers.length - 1] = -Infinity;
    const warnings: string[] = [];
    await graphModel([model, new File([numbers], 'w.bin')], { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual(['model.json has weights that are NaN or infinite: kernel, matrix']);
  });

  it('names a frame of another shape', async () => {
    const graph = await graphModel(writtenGraph());
    expect(() => graph.outputShape([1, 8, 8, 1])).toThrow('graphModel takes [1, 4, 4, 1], but got [1, 8, 8, 1]');
  });
});
