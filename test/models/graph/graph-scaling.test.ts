import { firstValueFrom } from 'rxjs';
import { frameSource, importModel, infer, type Model, type Pixels } from 'sluice';
import { describe, expect, it } from 'vitest';
import { graphScaling } from '../../../src/models/graph/graph-scaling.ts';
import type { TfjsModel } from '../../../src/models/tfjs/read-tfjs-model.ts';
import type { WeightSpec } from '../../../src/models/tfjs/weight-specs.ts';
import { writtenGraph } from './written-graph.ts';

interface Op {
  readonly op: string;
  /** The constant that it takes, or those of an operation of its own. */
  readonly by?: readonly number[] | 'shape';
  /** Whether the constant comes first. */
  readonly first?: boolean;
}

/** A graph that does these operations one after the other with its input. */
function graphOf(ops: readonly Op[], more: readonly object[] = []): TfjsModel {
  const weights = new Map<string, { spec: WeightSpec; bytes: Uint8Array }>();
  const nodes: object[] = [{ name: 'image', op: 'Placeholder' }];
  let last = 'image';
  ops.forEach(({ op, by, first }, i) => {
    const [name, constant] = [`op${i}`, `c${i}`];
    const data = Float32Array.from(by === 'shape' || by === undefined ? [] : by);
    if (by !== undefined) nodes.push({ name: constant, op: 'Const' });
    if (by !== undefined && by !== 'shape') {
      const shape = data.length === 1 ? [] : [data.length];
      weights.set(constant, { spec: { name: constant, shape, dtype: 'float32' }, bytes: new Uint8Array(data.buffer) });
    }
    const others = by === undefined ? [] : [constant];
    nodes.push({ name, op, input: first ? [...others, `${last}:0`] : [`${last}:0`, ...others, '^image'] });
    last = name;
  });
  return { file: 'model.json', json: { modelTopology: { node: [...nodes, ...more] } }, weights };
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5) as number);

describe('the operations at the input of a graph', () => {
  it.each<[string, Op[], number[], number[]]>([
    [
      'x / 127.5 − 1',
      [
        { op: 'RealDiv', by: [127.5] },
        { op: 'Sub', by: [1] },
      ],
      [1 / 127.5],
      [-1],
    ],
    [
      'x · 1/255',
      [
        { op: 'Mul', by: [1 / 255] },
        { op: 'Conv2D', by: 'shape' },
      ],
      [1 / 255],
      [0],
    ],
    [
      'the constant first',
      [
        { op: 'Mul', by: [2], first: true },
        { op: 'AddV2', by: [-1], first: true },
      ],
      [2],
      [-1],
    ],
    ['a mean for each channel', [{ op: 'Sub', by: [103, 116, 123] }], [1, 1, 1], [-103, -116, -123]],
    [
      'a bias',
      [
        { op: 'BiasAdd', by: [-1, -2, -3] },
        { op: 'Mul', by: [2] },
      ],
      [2, 2, 2],
      [-2, -4, -6],
    ],
    [
      'after operations that move pixels',
      [
        { op: 'Cast' },
        { op: 'ResizeBilinear', by: 'shape' },
        { op: 'Transpose', by: 'shape' },
        { op: 'Div', by: [255] },
      ],
      [1 / 255],
      [0],
    ],
    [
      'until something else follows',
      [{ op: 'Div', by: [255] }, { op: 'Relu' }, { op: 'Mul', by: [9] }],
      [1 / 255],
      [0],
    ],
  ])('%s', (_what, ops, scale, offset) => {
    expect(graphScaling(graphOf(ops))).toEqual({ scale: near(scale), offset: near(offset) });
  });

  it.each<[string, Op[]]>([
    [
      'a convolution',
      [
        { op: 'Conv2D', by: 'shape' },
        { op: 'Mul', by: [1 / 255] },
      ],
    ],
    ['1 − x', [{ op: 'Sub', by: [1], first: true }]],
    ['1 / x', [{ op: 'RealDiv', by: [1], first: true }]],
    ['a product with something that is not constant', [{ op: 'Mul', by: 'shape' }]],
    ['two numbers for three channels', [{ op: 'Mul', by: [1, 2] }]],
    ['nothing', []],
    ['moving alone', [{ op: 'Identity' }]],
  ])('not %s', (_what, ops) => {
    expect(graphScaling(graphOf(ops))).toBeUndefined();
  });

  it('not what only one of two branches does', () => {
    const other = { name: 'other', op: 'Relu', input: ['image'] };
    expect(graphScaling(graphOf([{ op: 'Mul', by: [1 / 255] }], [other]))).toBeUndefined();
  });
  it('not of several inputs, of circles, or of what is no graph', () => {
    expect(graphScaling(graphOf([{ op: 'Mul', by: [2] }], [{ name: 'b', op: 'Placeholder' }]))).toBeUndefined();
    const circle = { modelTopology: { node: [{ name: 'a', op: 'Placeholder', input: ['a'] }] } };
    expect(graphScaling({ file: 'f', json: circle, weights: new Map() })).toBeUndefined();
    for (const json of [
      {},
      { modelTopology: 1 },
      { modelTopology: { node: 'x' } },
      { modelTopology: { node: [null] } },
    ]) {
      expect(graphScaling({ file: 'f', json, weights: new Map() })).toBeUndefined();
    }
  });
});

it('a graph model that scales pixels itself gets values from 0 to 255, without a warning', async () => {
  const files = (value: number) => {
    const bytes = Float32Array.of(value);
    const more = { paths: ['scale.bin'], weights: [{ name: 'scale', shape: [], dtype: 'float32' }] };
    const graph = writtenGraph({
      change(json) {
        const { node } = json.modelTopology;
        const conv = node.find(({ name }) => name === 'conv');
        if (conv) conv.input = ['scaled', 'kernel'];
        const type = { type: 'DT_FLOAT' };
        node.push({ name: 'scale', op: 'Const', input: [], attr: { dtype: type } });
        node.push({ name: 'scaled', op: 'Mul', input: ['image', 'scale'], attr: { T: type } });
        json.weightsManifest.push(more);
        return json;
      },
    });
    return [...graph, new File([bytes], 'scale.bin')];
  };
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  expect((await importModel(files(1 / 255), { onWarning })).preprocess).toMatchObject({ channels: 1, range: [0, 255] });
  expect((await importModel(files(2), { onWarning })).preprocess).toMatchObject({ range: [0, 1] });
  expect(warnings).toEqual([]);
  await importModel(files(0.1), { onWarning });
  expect(warnings).toEqual([expect.stringContaining('does not state the range')]);
});

describe('a graph model that takes channels first', () => {
  /** The same network, which begins by bringing the channels last. */
  const channelsFirst = () => [
    ...writtenGraph({
      change(json) {
        const { node } = json.modelTopology;
        const dim = ['-1', '1', '4', '4'].map((size) => ({ size }));
        const [image, ints] = [node.find(({ name }) => name === 'image'), { type: 'DT_INT32' }];
        const conv = node.find(({ name }) => name === 'conv');
        if (image) image.attr = { ...image.attr, shape: { shape: { dim } } };
        if (conv) conv.input = ['last', 'kernel'];
        node.push({ name: 'order', op: 'Const', input: [], attr: { dtype: ints } });
        const attr = { T: { type: 'DT_FLOAT' }, Tperm: ints };
        node.push({ name: 'last', op: 'Transpose', input: ['image', 'order'], attr });
        json.weightsManifest.push({ paths: ['order.bin'], weights: [{ name: 'order', shape: [4], dtype: 'int32' }] });
        return json;
      },
    }),
    new File([Int32Array.of(0, 2, 3, 1)], 'order.bin'),
  ];
  const picture: Pixels = { width: 4, height: 4, channels: 3, data: Uint8Array.from({ length: 48 }, (_, i) => i * 5) };
  const scores = async (model: Model) => {
    const frames = frameSource([{ data: picture, timestamp: 0 }], { source: 'test' });
    const { classes } = await firstValueFrom(frames.pipe(infer(model, { top: 3 })));
    return classes.map(({ index, score }) => [index, expect.closeTo(score, 5)]);
  };

  it('gets them so, by the shape of its input, and gives the same', async () => {
    const last = await importModel(writtenGraph(), { preset: 'tf' });
    const first = await importModel(channelsFirst(), { preset: 'tf' });
    expect(first.preprocess).toEqual({
      width: 4,
      height: 4,
      channels: 1,
      layout: 'nchw',
      fit: 'cover',
      range: [-1, 1],
    });
    expect(await scores(first)).toEqual(await scores(last));
  });
  it('is refused with the other layout', async () => {
    const options = { preset: 'tf', layout: 'nhwc' } as const;
    await expect(importModel(channelsFirst(), options)).rejects.toThrow('not pictures of 1 or 3 channels as nhwc');
  });
});
