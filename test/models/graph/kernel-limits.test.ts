import * as tf from '@tensorflow/tfjs-core';
import { graphModel, useEngine, WeightsError } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, ENGINES, randomGrid } from '../../support/compute.ts';
import { writtenGraph } from './written-graph.ts';

const FLOAT = { type: 'DT_FLOAT' };
const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
const ints = (...values: number[]) => ({ list: { i: values.map(String) } });

interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: 'int32' | 'float32';
}

const list = (name: string, ...data: number[]): Constant => ({ name, shape: [data.length], data });
const scalar = (name: string, value: number, dtype: 'int32' | 'float32' = 'int32'): Constant => ({
  name,
  shape: [],
  data: [value],
  dtype,
});
const floats = (name: string, ...shape: number[]): Constant => ({
  name,
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1),
  dtype: 'float32',
});

/** A graph with one node more, `made`, that takes constants or `image`, [1, 4, 4, 1]. */
async function graphWith(op: string, input: readonly string[], constants: readonly Constant[], attr: object = {}) {
  const [json, weights] = writtenGraph({
    change(graph) {
      for (const { name, shape, dtype = 'int32' } of constants) {
        const type = dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
        graph.modelTopology.node.push({ name, op: 'Const', input: [], attr: { dtype: { type } } });
        graph.weightsManifest[0]?.weights.push({ name, shape: [...shape], dtype });
      }
      graph.modelTopology.node.push({ name: 'made', op, input: [...input], attr: { T: FLOAT, dtype: FLOAT, ...attr } });
      return graph;
    },
  }) as [File, File];
  const bytes = constants.map(({ data, dtype }) =>
    dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data),
  );
  return [json, new File([await weights.arrayBuffer(), ...bytes], 'w.bin')];
}

type Case = [op: string, input: readonly string[], constants: readonly Constant[], attr?: object];

const window = (size: number, op: string): Case => [
  op,
  ['image'],
  [],
  { ksize: ints(1, size, size, 1), strides: ints(1, 1, 1, 1), padding: text('SAME'), data_format: text('NHWC') },
];

/** Nodes of few bytes that would give over 2²⁸ values: 3e8 to 1e12. */
const LARGE: readonly Case[] = [
  [
    'Range',
    ['from', 'to', 'by'],
    [scalar('from', 0), scalar('to', 2_000_000_000), scalar('by', 1)],
    { Tidx: { type: 'DT_INT32' } },
  ],
  ['Range', ['from', 'to', 'by'], [scalar('from', 2_000_000_000), scalar('to', 0), scalar('by', -1)]],
  ['Fill', ['dims', 'value'], [list('dims', 20_000, 20_000), scalar('value', 1, 'float32')]],
  [
    'LinSpace',
    ['from', 'to', 'num'],
    [scalar('from', 0, 'float32'), scalar('to', 1, 'float32'), scalar('num', 1_000_000_000)],
  ],
  [
    'OneHot',
    ['indices', 'depth', 'on', 'off'],
    [list('indices', 1, 2), scalar('depth', 1_000_000_000), scalar('on', 1, 'float32'), scalar('off', 0, 'float32')],
  ],
  ['Tile', ['image', 'reps'], [list('reps', 1, 10_000, 10_000, 1)]],
  ['BroadcastTo', ['image', 'dims'], [list('dims', 100_000_000, 4, 4, 1)]],
  ['Pad', ['image', 'pads'], [{ name: 'pads', shape: [4, 2], data: [0, 0, 20_000, 0, 20_000, 0, 0, 0] }]],
  [
    'PadV2',
    ['image', 'pads', 'value'],
    [{ name: 'pads', shape: [4, 2], data: [0, 0, 0, 20_000, 0, 20_000, 0, 0] }, scalar('value', 0, 'float32')],
  ],
  [
    'SpaceToBatchND',
    ['image', 'block', 'pads'],
    [list('block', 2, 2), { name: 'pads', shape: [2, 2], data: [40_000, 0, 40_000, 0] }],
  ],
  ['ResizeBilinear', ['image', 'size'], [list('size', 20_000, 20_000)]],
  ['ResizeNearestNeighbor', ['image', 'size'], [list('size', 20_000, 20_000)]],
  [
    'CropAndResize',
    ['image', 'boxes', 'which', 'size'],
    [floats('boxes', 2, 4), list('which', 0, 0), list('size', 20_000, 20_000)],
  ],
  [
    'ScatterNd',
    ['indices', 'updates', 'dims'],
    [{ name: 'indices', shape: [1, 1], data: [0] }, floats('updates', 1), list('dims', 1_000_000_000)],
  ],
  [
    'SparseToDense',
    ['indices', 'dims', 'updates', 'zero'],
    [list('indices', 0), list('dims', 1_000_000_000), floats('updates', 1), scalar('zero', 0, 'float32')],
  ],
  ['Bincount', ['which', 'size', 'weights'], [list('which', 0), scalar('size', 1_000_000_000), floats('weights', 1)]],
  [
    'DenseBincount',
    ['which', 'size', 'weights'],
    [list('which', 0), scalar('size', 1_000_000_000), floats('weights', 1)],
  ],
  ['Multinomial', ['logits', 'samples'], [floats('logits', 1, 4), scalar('samples', 1_000_000_000)]],
  ['Add', ['column', 'row'], [floats('column', 20_000, 1), floats('row', 1, 20_000)]],
  ['Greater', ['column', 'row'], [floats('column', 20_000, 1), floats('row', 20_000)]],
  ['Prelu', ['column', 'row'], [floats('column', 20_000, 1), floats('row', 20_000)]],
  [
    'MatMul',
    ['column', 'row'],
    [floats('column', 20_000, 1), floats('row', 1, 20_000)],
    { transpose_a: { b: false }, transpose_b: { b: false } },
  ],
  ['MatMul', ['row', 'row'], [floats('row', 1, 20_000)], { transpose_a: { b: true }, transpose_b: { b: false } }],
  [
    'GatherV2',
    ['row', 'which', 'axis'],
    [
      floats('row', 1, 20_000),
      { name: 'which', shape: [20_000], data: Array.from({ length: 20_000 }, () => 0) },
      scalar('axis', 0),
    ],
  ],
  [
    'GatherNd',
    ['row', 'which'],
    [floats('row', 1, 20_000), { name: 'which', shape: [20_000, 1], data: Array.from({ length: 20_000 }, () => 0) }],
  ],
  [
    'Conv2DBackpropInput',
    ['dims', 'kernel', 'relu'],
    [list('dims', 1, 20_000, 20_000, 1)],
    { strides: ints(1, 10_000, 10_000, 1), padding: text('SAME'), data_format: text('NHWC') },
  ],
  [
    'Conv2D',
    ['image', 'kernel'],
    [],
    {
      strides: ints(1, 1, 1, 1),
      padding: text('EXPLICIT'),
      explicit_paddings: ints(0, 0, 20_000, 0, 20_000, 0, 0, 0),
      data_format: text('NHWC'),
      dilations: ints(1, 1, 1, 1),
    },
  ],
  ['Zeros', ['dims'], [list('dims', 20_000, 20_000)]],
  ['Ones', ['dims'], [list('dims', 20_000, 20_000)]],
  ['RandomUniform', ['dims'], [list('dims', 20_000, 20_000)]],
  ['RandomStandardNormal', ['dims'], [list('dims', 20_000, 20_000)]],
  ['TruncatedNormal', ['dims'], [list('dims', 20_000, 20_000)]],
];

describe.each(ENGINES)('a graph model on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each<Case>(LARGE)(
    'that would take gigabytes by %s of %j is refused before it does',
    async (op, input, constants, attr) => {
      const before = tf.memory().numTensors;
      const { arrayBuffers } = process.memoryUsage();
      const error: unknown = await graphModel(await graphWith(op, input, constants, attr), { output: 'made' }).catch(
        (one: unknown) => one,
      );
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as Error).message).toMatch(
        /^model\.json: its (operation \w+ would give \d+ values, over the limit|node "made" \(\w+\) must have a constant shape)/,
      );
      expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(1e8);
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.each<Case>([
    [
      'Range',
      ['from', 'to', 'by'],
      [scalar('from', 0), scalar('to', 3), scalar('by', 1)],
      { Tidx: { type: 'DT_INT32' } },
    ],
    ['Fill', ['dims', 'value'], [list('dims', 3), scalar('value', 1, 'float32')]],
    ['Zeros', ['dims'], [list('dims', 3)]],
    ['Tile', ['image', 'reps'], [list('reps', 1, 2, 2, 1)]],
    ['Pad', ['image', 'pads'], [{ name: 'pads', shape: [4, 2], data: [0, 0, 1, 2, 3, 4, 0, 0] }]],
    ['MatMul', ['row', 'row'], [floats('row', 1, 3)], { transpose_a: { b: true }, transpose_b: { b: false } }],
    ['GatherV2', ['row', 'which', 'axis'], [floats('row', 1, 3), list('which', 0, 0), scalar('axis', 0)]],
    window(2, 'MaxPool'),
    window(3, 'AvgPool'),
  ])('that takes little by %s of %j is run', async (op, input, constants, attr) => {
    const stage = await graphModel(await graphWith(op, input, constants, attr), { output: 'made', maxWork: 1000 });
    expect(compute(stage, randomGrid([1, 4, 4, 1])).shape).toEqual(stage.outputShape([1, 4, 4, 1]));
  });

  it('whose shape comes of the frame is run, for a batch as for one', async () => {
    // Each frame takes 16 · 9 · 2 = 288 multiply-adds at most at once, and fewer than 1,000 in all.
    const stage = await graphModel(writtenGraph(), { maxWork: 1000 });
    expect(compute(stage, randomGrid([50, 4, 4, 1])).shape).toEqual([50, 3]);
  });

  it.each<[string, Case, RegExp]>([
    // 16 windows of 4 · 10⁶, and 16 · 81.
    [
      'a pool',
      window(2001, 'AvgPool'),
      /its operation AvgPool would take 6\.4e7 multiply-adds .* over the limit of 1e6/,
    ],
    ['a pool', window(2001, 'MaxPool'), /its operation MaxPool would take 6\.4e7 /],
    [
      'a product',
      ['MatMul', ['row', 'row'], [floats('row', 1500, 1500)], { transpose_a: { b: true }, transpose_b: { b: false } }],
      /its operation \w+ would take 3\.4e9 /,
    ],
  ])('of too much work, by %s, is refused before it runs', async (_, [op, input, constants, attr], message) => {
    const files = await graphWith(op, input, constants, attr);
    await expect(graphModel(files, { output: 'made', maxWork: 1e6 })).rejects.toThrow(message);
  });

  it('of small operations that take too much together is refused', async () => {
    await expect(graphModel(writtenGraph(), { maxWork: 80 })).rejects.toThrow(
      /its (operation \w+|operations together) would take \S+ multiply-adds or visits of values for one frame, over the limit of 8e1/,
    );
  });

  it('leaves the engine as it was, also where a run fails', async () => {
    const kernelRunner = () => (tf.engine() as { runKernel: unknown }).runKernel;
    const before = kernelRunner();
    await graphModel(writtenGraph());
    await graphModel(writtenGraph(), { maxWork: 1 }).catch(() => undefined);
    expect(kernelRunner()).toBe(before);
  });
});

it('operations whose size only their values tell are refused', async () => {
  await useEngine('cpu');
  const constants = [floats('data', 1, 4), list('which', 0), list('segments', 2_000_000_000)];
  const files = await graphWith('SparseSegmentSum', ['data', 'which', 'segments'], constants);
  await expect(graphModel(files, { output: 'made' })).rejects.toThrow(
    /its operation SparseSegmentSum gives as many values/,
  );
});

it('a shape that is computed is refused where only the node tells the size', async () => {
  const sum = { name: 'sum', op: 'Add', input: ['axes', 'axes'], attr: { T: { type: 'DT_INT32' } } };
  const random = { name: 'made', op: 'RandomUniform', input: ['sum'], attr: { dtype: FLOAT } };
  const files = writtenGraph({
    change(graph) {
      graph.modelTopology.node.push(sum, random);
      return graph;
    },
  });
  await expect(graphModel(files, { output: 'made' })).rejects.toThrow(
    /its node "made" \(RandomUniform\) must have a constant/,
  );
});

it.each(['nodes', 'functions', 'initializer'])('a graph of over 100,000 nodes is refused: %s', async (where) => {
  const many = Array.from({ length: 100_001 }, (_, i) => ({ name: `n${i}`, op: 'Relu', input: ['image'], attr: {} }));
  const files = writtenGraph({
    change(graph) {
      const { modelTopology: topology } = graph;
      if (where === 'nodes') topology.node.push(...many);
      if (where === 'functions') topology.library = { function: [{ nodeDef: many }] };
      return where === 'initializer' ? ({ ...graph, modelInitializer: { node: many } } as typeof graph) : graph;
    },
  });
  await expect(graphModel(files)).rejects.toThrow('model.json has over 100000 nodes');
});
