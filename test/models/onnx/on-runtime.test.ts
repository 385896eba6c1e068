import * as ort from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map, toArray } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  batch,
  frameSource,
  NamedTensors,
  onnxModel,
  unbatch,
  useEngine,
  WeightsError,
  type Arrival,
  type Frame,
  type OnnxModelOptions,
  type Pipeline,
} from 'sluice';
import { nodeMessage, type OnnxGraph, type OnnxNode } from '../../../src/onnx/onnx-model.ts';
import { field, joined, message, text, varint, type Message } from '../../../src/onnx/protobuf.ts';
import { readFields } from '../../../src/models/onnx/read-fields.ts';
import { leakFree } from '../../support/balance.ts';
import { expectClose, randomGrid } from '../../support/compute.ts';
import type { Grid } from '../../support/reference.ts';
import { planar } from './by-runtime.ts';
import { foreign } from './foreign.ts';
import { floats, ints, node, tiny } from './tiny.ts';

beforeAll(() => useEngine('wasm'));

type Net = Pipeline<tf.Tensor, tf.Tensor | NamedTensors>;
interface Read {
  readonly net: Net;
  readonly warnings: readonly string[];
}

async function read(file: Uint8Array, options: OnnxModelOptions = {}): Promise<Read> {
  const warnings: string[] = [];
  const onWarning = (warning: string, code: string) => warnings.push(`${code}: ${warning}`);
  const net = await onnxModel([new File([file as Uint8Array<ArrayBuffer>], 'm.onnx')], { onWarning, ...options });
  return { net: net as unknown as Net, warnings };
}

/** What a pipeline gives for pictures, one after the other. */
async function through(net: Net, pictures: readonly Grid[], size = 1): Promise<Record<string, Grid>[]> {
  const grid = (tensor: tf.Tensor): Grid => ({ shape: tensor.shape, data: Array.from(tensor.dataSync()) });
  const arrivals = pictures.map(({ shape, data }, i): Arrival<tf.Tensor> => ({
    data: tf.tensor([...data], [...shape]),
    timestamp: i,
  }));
  const source = frameSource(arrivals, { source: 'test', maxInFlight: pictures.length });
  const grids = map(({ data }: Frame<tf.Tensor | NamedTensors>) =>
    data instanceof NamedTensors
      ? Object.fromEntries(Object.entries(data.tensors).map(([name, tensor]) => [name, grid(tensor)]))
      : { y: grid(data) },
  );
  if (size === 1) return lastValueFrom(source.pipe(net, grids, toArray()));
  const batched = source.pipe(batch({ size }), net as Pipeline<tf.Tensor, tf.Tensor>, unbatch(), grids, toArray());
  return lastValueFrom(batched);
}

/** What ONNX Runtime gives by itself, with the shapes that sluice gives: `[1, …]`, and pictures with the channels last. */
async function byItself(file: Uint8Array, x: Grid, names: readonly string[]): Promise<Record<string, Grid>> {
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
  const results = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x.data), [...x.shape]) });
  await session.release();
  return Object.fromEntries(
    names.map((name) => {
      const { dims = [], data = [] } = results[name] ?? {};
      return [name, { shape: dims, data: Array.from(data as ArrayLike<number | bigint>, Number) }];
    }),
  );
}

const kernel = floats([4, 3, 3, 3], 0.3, -0.2, 0.1, 0.25, -0.15, 0.05, 0.4);
const conv = [
  node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
  node('Relu', ['c'], 'r'),
  node('GlobalAveragePool', ['r'], 'g'),
  node('Flatten', ['g'], 'f', { axis: 1 }),
];
const PICTURE = randomGrid([1, 8, 8, 3]);
const ROW: Grid = { shape: [1, 4], data: [0.5, 1.75, -0.25, 0.125] };

/** A model with a part that stages cannot do, and the kinds of values that go there. */
interface Case {
  readonly graph: OnnxGraph;
  readonly outputs?: readonly string[];
  /** The stages with `rest`. */
  readonly rest: readonly string[];
}

const topK = (input: string, values: string, indices: string): OnnxNode => ({
  ...{ name: '', op: 'TopK', inputs: [input, 'k'], outputs: [values, indices] },
  attributes: { axis: -1 },
});

const CASES: Readonly<Record<string, Case>> = {
  'TopK at the end': {
    graph: tiny([1, 3, 8, 8], [...conv, topK('f', 'y', 'i')], { w: kernel, k: ints(2) }),
    rest: ['c: conv2d', 'r: activation', 'g: globalAvgPool', 'onnxRuntime: onnxRuntime'],
  },
  'TopK in the middle': {
    graph: tiny(
      [1, 3, 8, 8],
      [...conv, topK('f', 't', 'i'), node('Softmax', ['t'], 's', { axis: 1 }), node('Add', ['s', 's'], 'y')],
      { w: kernel, k: ints(3) },
    ),
    rest: ['c: conv2d', 'r: activation', 'g: globalAvgPool', 'onnxRuntime: onnxRuntime'],
  },
  'integers from stages': {
    graph: tiny(
      [1, 3, 8, 8],
      [...conv, node('ArgMax', ['f'], 'a', { axis: 1, keepdims: 0 }), node('Gather', ['table', 'a'], 'y', { axis: 0 })],
      { w: kernel, table: floats([4, 2], 1, 2, 3, 4, 5, 6, 7, 8) },
    ),
    rest: ['c: conv2d'],
  },
  'a product of two values': {
    graph: tiny(
      [1, 3, 8, 8],
      [
        node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
        node('Reshape', ['c', 'rows'], 'q'),
        node('Transpose', ['q'], 'k', { perm: [0, 2, 1] }),
        node('MatMul', ['q', 'k'], 'm'),
        node('Softmax', ['m'], 'a', { axis: 2 }),
        node('MatMul', ['a', 'q'], 'y'),
      ],
      { w: kernel, rows: ints(1, 4, 64) },
    ),
    rest: ['c: conv2d'],
  },
  'a constant that nodes compute, and the shape of a value': {
    graph: tiny(
      [1, 3, 8, 8],
      [
        ...conv,
        node('Shape', ['f'], 'shape'),
        node('Add', ['one', 'one'], 'two'),
        node('Expand', ['two', 'shape'], 'twos'),
        topK('f', 't', 'i'),
        node('Mul', ['t', 'twos'], 'y'),
      ],
      { w: kernel, k: ints(4), one: floats([1], 1) },
    ),
    rest: ['c: conv2d'],
  },
  'several outputs, one of them of stages': {
    graph: tiny(
      [1, 3, 8, 8],
      [...conv, topK('f', 'best', 'places'), node('Cast', ['places'], 'where', { to: 1 })],
      { w: kernel, k: ints(2) },
      { outputs: { r: undefined, best: undefined, where: undefined, f: undefined } },
    ),
    outputs: ['where', 'r', 'best', 'f'],
    rest: ['c: conv2d'],
  },
  'floats from a constant of a shape': {
    graph: tiny(
      [1, 4],
      [
        node('Relu', ['x'], 'r'),
        node('ConstantOfShape', ['shape'], 'zeros'),
        node('Add', ['zeros', 'r'], 'sum'),
        topK('sum', 'y', 'i'),
      ],
      { shape: ints(1, 4), k: ints(3) },
    ),
    rest: ['r: activation'],
  },
  'values that are called like those of the cut': {
    graph: tiny([1, 4], [node('Relu', ['x'], 'in0'), topK('in0', 'out0', 'sluice:in0'), node('Neg', ['out0'], 'y')], {
      k: ints(3),
    }),
    rest: ['in0: activation'],
  },
  'the input, and the input under another name': {
    graph: tiny(
      [1, 4],
      [node('Identity', ['x'], 'a'), topK('a', 't', 'i'), topK('x', 'u', 'j'), node('Add', ['t', 'u'], 'y')],
      { k: ints(3) },
    ),
    rest: ['onnxRuntime: onnxRuntime'],
  },
  'a node that is called like the stage': {
    graph: tiny([1, 4], [{ ...node('Relu', ['x'], 'r'), name: 'onnxRuntime' }, topK('r', 'y', 'i')], { k: ints(3) }),
    rest: ['onnxRuntime: activation', 'onnxRuntime_: onnxRuntime'],
  },
  'outputs with the names of properties': {
    graph: tiny(
      [1, 4],
      [node('Relu', ['x'], 'r'), topK('r', 'constructor', 'i'), node('Neg', ['r'], 'toString')],
      { k: ints(3) },
      { outputs: { constructor: undefined, toString: undefined } },
    ),
    outputs: ['toString', 'constructor'],
    rest: ['r: activation'],
  },
  'nothing that stages can do': {
    graph: tiny([1, 3, 8, 8], [node('Einsum', ['x'], 'y', { equation: 'nchw->nch' })]),
    rest: ['onnxRuntime: onnxRuntime'],
  },
};

const wanted = ({ graph, outputs }: Case) => outputs ?? Object.keys(graph.outputs);

describe.each(Object.entries(CASES))('%s', (_name, one) => {
  const file = foreign(one.graph);
  const names = wanted(one);
  const output = one.outputs ? { output: one.outputs } : {};

  test.each(['whole', 'rest'] as const)('with the %s on ONNX Runtime gives what ONNX Runtime gives', async (share) => {
    await leakFree(async () => {
      const { net, warnings } = await read(file, { onnxRuntime: share, ...output });
      const isPicture = one.graph.inputs['x']?.length === 4;
      const expected = await byItself(file, isPicture ? planar(PICTURE) : ROW, names);
      const [actual] = await through(net, [isPicture ? PICTURE : ROW]);
      expect(Object.keys(actual ?? {})).toEqual(names);
      for (const name of names) {
        const own = expected[name] as Grid;
        const first = own.shape[0] === 1 && own.shape.length > 1;
        const shaped = first ? own.shape : [1, ...own.shape];
        const given = actual?.[name] as Grid;
        const laid = own.shape.length === 4 ? planar(given) : given;
        expectClose({ ...laid, shape: laid.shape }, { data: own.data, shape: shaped }, 1e-5);
      }
      expect(warnings).toEqual([]);
      const stages = net.parts.map(({ name, stage }) => `${name}: ${stage.spec.op}`);
      expect(share === 'whole' ? stages : stages.slice(0, one.rest.length)).toEqual(
        share === 'whole' ? ['onnxRuntime: onnxRuntime'] : one.rest,
      );
    });
  });

  test('without a word is an error that says how', async () => {
    await expect(read(file, output)).rejects.toThrow(WeightsError);
    await expect(read(file, output)).rejects.toThrow(
      /^m\.onnx has (operators|nodes) .*ONNX Runtime may run it: give onnxRuntime: 'whole' or 'rest' \(--onnx-runtime\) if you trust the file$/,
    );
  });
});

describe('sizes', () => {
  const shapes = { k: ints(2), zero: ints(0), one: ints(1) };
  /** `few` has as many values as are over 0; `best` does not depend on that. */
  const two = tiny(
    [1, 4],
    [
      node('Relu', ['x'], 'r'),
      topK('r', 'best', 'i'),
      node('NonZero', ['r'], 'places'),
      node('Cast', ['places'], 'few', { to: 1 }),
    ],
    shapes,
    { outputs: { best: undefined, few: undefined } },
  );

  test('of an output do not depend on which others are asked for', async () => {
    for (const output of [['best'], ['best', 'few']]) {
      const { net } = await read(foreign(two), { onnxRuntime: 'rest', output });
      const [result] = await through(net, [ROW]);
      expect(result?.['best']).toEqual({ shape: [1, 2], data: [1.75, 0.5] });
    }
  });

  test('that are computed of values may differ from frame to frame', async () => {
    const nodes = [
      node('Relu', ['x'], 'r'),
      node('ReduceSum', ['r', 'axes'], 'sum', { keepdims: 0 }),
      node('Cast', ['sum'], 'end', { to: 7 }),
      node('Slice', ['r', 'zero', 'end', 'one'], 'y'),
    ];
    const file = foreign(tiny([1, 4], nodes, { ...shapes, axes: ints(1) }));
    for (const onnxRuntime of ['whole', 'rest'] as const) {
      const { net } = await read(file, { onnxRuntime });
      const rows = [2.5, 0.5, 3.5].map((first): Grid => ({ shape: [1, 4], data: [first, 0, 0, 0] }));
      const results = await through(net, rows);
      expect(results.map((result) => result['y']?.data.length)).toEqual([2, 0, 3]);
    }
  });

  test('that vary cannot be in a batch, which loses nothing', async () => {
    await leakFree(async () => {
      const { net } = await read(foreign(two), { onnxRuntime: 'rest', output: ['best', 'few'] });
      const rows = [1, 2].map((n): Grid => ({ shape: [1, 4], data: [n, n - 1, 0, 0] }));
      await expect(through(net, rows, 2)).rejects.toThrow(
        /it gives few of \[1, 2, 1\] and of \[1, 2, 2\] for the frames of one batch: its sizes vary/,
      );
    });
  });

  test('of what depends on no frame', async () => {
    const choice = message(
      text(1, 'yes'),
      text(2, 'y'),
      text(4, 'If'),
      ...['then_branch', 'else_branch'].map((name, i) =>
        field(
          5,
          message(
            text(1, name),
            field(
              6,
              message(
                field(
                  1,
                  nodeMessage({ name: '', op: i ? 'Neg' : 'Abs', inputs: ['c'], outputs: [name], attributes: {} }),
                ),
                text(2, name),
                field(12, text(1, name)),
              ),
            ),
            varint(20, 5),
          ),
        ),
      ),
    );
    const graph = tiny(
      [1, 4],
      [node('Relu', ['x'], 'r'), node('Greater', ['c', 'c'], 'more'), node('Squeeze', ['more'], 'yes')],
      { c: floats([1], 3) },
      { outputs: { r: undefined, y: undefined } },
    );
    const file = withGraphField(foreign(graph), joined(field(1, choice)));
    const { net } = await read(file, { onnxRuntime: 'rest', output: ['r', 'y'] });
    const [result] = await through(net, [ROW]);
    expect(result?.['y']?.data).toEqual([-3]);
  });
});

describe('values', () => {
  const best = tiny([1, 3, 8, 8], [...conv, topK('f', 'y', 'i')], { w: kernel, k: ints(2) });

  test.each(['whole', 'rest'] as const)('of a batch are those of each frame alone (%s)', async (share) => {
    await leakFree(async () => {
      const pictures = [1, 2, 3].map((seed) => randomGrid([1, 8, 8, 3], seed));
      const { net } = await read(foreign(best), { onnxRuntime: share });
      expect(await through(net, pictures, 3)).toEqual(await through(net, pictures));
      expect(net.outputShape([3, 8, 8, 3])).toEqual([3, 2]);
    });
  });

  test('of two pipes at the same time', async () => {
    await leakFree(async () => {
      const { net } = await read(foreign(best), { onnxRuntime: 'rest' });
      const both = await Promise.all([through(net, [PICTURE, PICTURE]), through(net, [PICTURE])]);
      expect(both[0][1]).toEqual(both[1][0]);
    });
  });

  test('weights in half precision', async () => {
    const halves = { shape: [4], type: 10, data: Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400) };
    const nodes = [...conv, node('Cast', ['f'], 'h', { to: 10 }), node('Mul', ['h', 'half'], 'm'), topK('m', 't', 'i')];
    const graph = tiny([1, 3, 8, 8], [...nodes, node('Cast', ['t'], 'y', { to: 1 })], { w: kernel, k: ints(2) });
    const constant = field(
      5,
      message(varint(1, 4), varint(2, halves.type), text(8, 'half'), field(9, [new Uint8Array(halves.data.buffer)])),
    );
    const file = withGraphField(foreign(graph), joined(constant));
    const expected = await byItself(file, planar(PICTURE), ['y']);
    for (const onnxRuntime of ['whole', 'rest'] as const) {
      const [actual] = await through((await read(file, { onnxRuntime })).net, [PICTURE]);
      expectClose(actual?.['y'] as Grid, expected['y'] as Grid, 1e-2);
    }
  });

  test.each(['weights.bin', './weights.bin'])('weights in the file %s', async (weights) => {
    const beside = new Map<string, Uint8Array>();
    const large = floats([20, 192], 0.1, 0.2, -0.3);
    const nodes = [node('Flatten', ['x'], 'f'), node('Gemm', ['f', weights], 'd', { transB: 1 }), topK('d', 'y', 'i')];
    const file = foreign(tiny([1, 3, 8, 8], nodes, { [weights]: large, k: ints(2) }), beside);
    const files = [...beside].map(
      ([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name.replace('./', '')),
    );
    expect(files).toHaveLength(1);
    const model = [new File([file], 'm.onnx'), ...files];
    const whole = (await onnxModel(model, { onnxRuntime: 'whole' })) as unknown as Net;
    const rest = (await onnxModel(model, { onnxRuntime: 'rest' })) as unknown as Net;
    const [[one], [other]] = [await through(whole, [PICTURE]), await through(rest, [PICTURE])];
    expectClose(one?.['y'] as Grid, other?.['y'] as Grid, 1e-5);
    expect(whole.summary().parameters).toBe(20 * 192 + 1);
  });

  test('whose number is not known before: boxes that do not overlap', async () => {
    const nodes = [
      node('Flatten', ['x'], 'f'),
      node('Reshape', ['f', 'rows'], 'boxes'),
      node('ReduceMax', ['boxes'], 'peak', { axes: [2], keepdims: 0 }),
      node('Unsqueeze', ['peak', 'one'], 'scores'),
      node('NonMaxSuppression', ['boxes', 'scores', 'most', 'iou', 'least'], 'kept'),
      node('Cast', ['kept'], 'y', { to: 1 }),
    ];
    const one = (data: number) => ({ shape: [1], data: Float32Array.of(data) });
    const constants = { rows: ints(1, 48, 4), one: ints(1), most: ints(40), iou: one(0.01), least: one(0.9) };
    const file = foreign(tiny([1, 3, 8, 8], nodes, constants, { outputs: { y: undefined } }));
    for (const onnxRuntime of ['whole', 'rest'] as const) {
      const { net } = await read(file, { onnxRuntime });
      const pictures = [1, 2, 3].map((seed) => randomGrid([1, 8, 8, 3], seed));
      const counts: (number | undefined)[] = [];
      for (const [i, given] of (await through(net, pictures)).entries()) {
        const expected = (await byItself(file, planar(pictures[i] as Grid), ['y']))['y'] as Grid;
        expect(given['y']).toEqual({ shape: [1, ...expected.shape], data: expected.data });
        counts.push(expected.shape[0]);
      }
      expect(new Set(counts).size).toBeGreaterThan(1);
    }
  });

  test('in graphs inside of a node that takes values from outside', async () => {
    const branch = (name: string, op: string) =>
      message(
        field(1, nodeMessage({ name: '', op, inputs: ['f'], outputs: [name], attributes: {} })),
        text(2, name),
        field(12, text(1, name)),
      );
    const graphOf = (name: string, content: ReturnType<typeof message>) =>
      field(5, message(text(1, name), field(6, content), varint(20, 5)));
    const choice = message(
      text(1, 'cond'),
      text(2, 'y'),
      text(4, 'If'),
      graphOf('then_branch', branch('yes', 'Neg')),
      graphOf('else_branch', branch('no', 'Abs')),
    );
    const nodes = [
      ...conv,
      node('ReduceMean', ['f'], 'mean', { axes: [0, 1], keepdims: 0 }),
      node('Greater', ['mean', 'limit'], 'cond'),
    ];
    for (const limit of [-100, 100]) {
      const constants = { w: kernel, limit: { shape: [], data: Float32Array.of(limit) } };
      const file = withGraphField(foreign(tiny([1, 3, 8, 8], nodes, constants)), joined(field(1, choice)));
      const { data } = (await byItself(file, planar(PICTURE), ['y']))['y'] as Grid;
      // The size of what an `If` gives may vary, and its first dimension is not declared to be the batch.
      const expected = { shape: [1, 1, 4], data };
      for (const onnxRuntime of ['whole', 'rest'] as const) {
        const { net, warnings } = await read(file, { onnxRuntime });
        const [actual] = await through(net, [PICTURE]);
        expectClose(actual?.['y'] as Grid, expected, 1e-5);
        expect(warnings).toEqual([]);
      }
    }
  });
});

/** A file with one more field in its graph. */
function withGraphField(file: Uint8Array, extra: Uint8Array): Uint8Array {
  const parts: Message[] = [];
  readFields('file', file, (id, value) => {
    if (typeof value === 'number') parts.push(varint(id, value));
    else parts.push(field(id, id === 7 ? [value, extra] : [value]));
  });
  return joined(parts.flat());
}
