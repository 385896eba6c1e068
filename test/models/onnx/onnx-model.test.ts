import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  conv2d,
  dense,
  flatten,
  importModel,
  maxPool,
  onnxModel,
  OptionError,
  pipeline,
  softmax,
  useEngine,
  WeightsError,
  writeOnnx,
  type Pipeline,
} from 'sluice';
import type { OnnxGraph } from '../../../src/onnx/onnx-model.ts';
import { field, joined, text, varint } from '../../../src/onnx/protobuf.ts';
import { compute, expectClose, randomGrid } from '../../support/compute.ts';
import { byRuntime } from './by-runtime.ts';
import { foreign } from './foreign.ts';
import { fileOf, floats, ints, node, tiny } from './tiny.ts';

type Net = Pipeline<never, tf.Tensor>;
const read = async (graph: OnnxGraph, options: Parameters<typeof onnxModel>[1] = {}) =>
  (await onnxModel([fileOf(graph)], options)) as unknown as Net;
const stages = (net: Net) => net.parts.map(({ name, stage }) => `${name}: ${stage.spec.op}`);

/** Two classes of 8 × 8 pictures. */
const net = pipeline(
  { name: 'two', inputShape: [1, 8, 8, 3] },
  conv2d({ name: 'c', filters: 4, kernelSize: 3, seed: 1 }),
  activation('relu', { name: 'r' }),
  maxPool({ name: 'p', poolSize: 2 }),
  flatten({ name: 'f' }),
  dense({ name: 'd', units: 2, seed: 2 }),
  softmax({ name: 's' }),
);
const picture = randomGrid([1, 8, 8, 3]);

beforeAll(() => useEngine('cpu'));

describe('a file that sluice wrote', () => {
  test('has the same numbers, and its pictures have the channels last', async () => {
    const again = (await onnxModel([
      new File([writeOnnx(net) as Uint8Array<ArrayBuffer>], 'two.onnx'),
    ])) as unknown as Net;
    expect(again.inputShape).toEqual([1, 8, 8, 3]);
    expect(again.name).toBe('two');
    expectClose(compute(again, picture), compute(net, picture), 1e-6);
  });

  test('also where nothing in it says that they are pictures', async () => {
    const rows = pipeline({ inputShape: [1, 2, 5, 3] }, flatten(), dense({ units: 2, seed: 1 }));
    const again = (await onnxModel([
      new File([writeOnnx(rows) as Uint8Array<ArrayBuffer>], 'rows.onnx'),
    ])) as unknown as Net;
    expect(again.inputShape).toEqual([1, 2, 5, 3]);
    const x = randomGrid([1, 2, 5, 3]);
    expectClose(compute(again, x), compute(rows, x), 1e-6);
  });

  test('brings its labels and how pictures are prepared', async () => {
    const metadata = {
      labels: '["cat","dog"]',
      preprocess: '{"width":8,"height":8,"fit":"contain","channels":3,"range":[-1,1]}',
    };
    const file = new File([writeOnnx(net, { metadata }) as Uint8Array<ArrayBuffer>], 'two.onnx');
    const warnings: string[] = [];
    const model = await importModel([file], { onWarning: (message) => warnings.push(message) });
    expect(model.labels).toEqual(['cat', 'dog']);
    expect(model.preprocess).toMatchObject({ width: 8, height: 8, fit: 'contain', range: [-1, 1] });
    expect(warnings).toEqual([]);
  });

  test.each([
    ['labels', '{"a":1}'],
    ['labels', 'no JSON'],
    ['preprocess', '{"width":-1,"height":8,"range":[0,1]}'],
    ['preprocess', '[]'],
    ['preprocess', 'null'],
  ])('with the metadata %s %s is refused', async (key, value) => {
    const file = new File([writeOnnx(net, { metadata: { [key]: value } }) as Uint8Array<ArrayBuffer>], 'two.onnx');
    await expect(importModel([file], { onWarning: () => undefined })).rejects.toThrow(WeightsError);
  });
});

describe('names', () => {
  test('are those of the nodes, without the slashes that divide the names of weights', async () => {
    const graph = tiny(
      [1, 4],
      [
        { ...node('Relu', ['x'], 'a'), name: '/block/relu' },
        { ...node('Relu', ['a'], 'b'), name: '/block/relu' },
        node('Tanh', ['b'], 'y'),
      ],
    );
    expect(stages(await read(graph))).toEqual(['block.relu: activation', 'block.relu_1: activation', 'y: activation']);
  });

  test('of branches are in a graph named after the node where they meet', async () => {
    const graph = tiny([1, 4], [node('Relu', ['x'], 'a'), node('Tanh', ['x'], 'b'), node('Add', ['a', 'b'], 'y')]);
    expect(stages(await read(graph))).toEqual(['y: graph']);
  });
});

describe('the input', () => {
  const conv = [node('Conv', ['x', 'w'], 'y', { kernel_shape: [3, 3] })];
  const w = { w: floats([2, 3, 3, 3], 0.1, -0.2, 0.3) };

  test('a picture has its channels last', async () => {
    expect((await read(tiny([1, 3, 6, 8], conv, w))).inputShape).toEqual([1, 6, 8, 3]);
  });

  test('a picture whose channels the model itself brings first is taken as it is, also behind a scaling', async () => {
    const nodes = [
      node('Mul', ['x', 'k'], 's'),
      node('Transpose', ['s'], 't', { perm: [0, 3, 1, 2] }),
      node('Conv', ['t', 'w'], 'y', { kernel_shape: [3, 3] }),
    ];
    const last = await read(tiny([1, 6, 8, 3], nodes, { ...w, k: floats([], 2) }));
    expect(last.inputShape).toEqual([1, 6, 8, 3]);
    // No stage moves anything: the layout is sluice's already.
    expect(stages(last)).toEqual(['s: arithmetic', 'y: conv2d', 'y.transpose: transpose']);
  });

  test('a batch that is open, or fixed, is any number of pictures', async () => {
    for (const batch of ['N', 4, 1]) {
      const one = await read(tiny([batch, 5], [node('MatMul', ['x', 'w'], 'y')], { w: floats([5, 2], 1, 2) }));
      const x = randomGrid([3, 5]);
      const rows = compute(one, x).data;
      const second = compute(one, { shape: [1, 5], data: x.data.slice(5, 10) });
      expect(second.data).toEqual(rows.slice(2, 4));
    }
  });

  test('sizes that are open need inputShape', async () => {
    const graph = tiny(['N', 3, 'h', 'w'], conv, w);
    await expect(read(graph)).rejects.toThrow(OptionError);
    await expect(read(graph)).rejects.toThrow('[1, ?, ?, 3]: give inputShape (--size)');
    expect((await read(graph, { inputShape: [1, 9, 7, 3] })).outputShape([1, 9, 7, 3])).toEqual([1, 7, 5, 2]);
  });

  test.each([[[1, 6, 8, 4]], [[1, 6, 9, 3]], [[6, 8, 3]], [[1, 6.5, 8, 3]], ['1']])(
    'inputShape %j does not fit',
    async (inputShape) => {
      const read0 = read(tiny([1, 3, 6, 8], conv, w), { inputShape: inputShape as never });
      await expect(read0).rejects.toThrow(/takes \[1, 6, 8, 3\], but inputShape is/);
    },
  );

  test('weights that are listed as inputs are none', async () => {
    const graph = tiny(
      [1, 5],
      [node('MatMul', ['x', 'w'], 'y')],
      { w: floats([5, 2], 1) },
      { inputs: { x: [1, 5], w: [5, 2] } },
    );
    expect(stages(await read(graph))).toEqual(['y: dense']);
  });

  test('a second one is refused by name', async () => {
    const graph = tiny([1, 5], [node('Add', ['x', 'z'], 'y')], {}, { inputs: { x: [1, 5], z: [1, 5] } });
    await expect(read(graph)).rejects.toThrow(
      'tiny.onnx has 2 inputs (x [1, 5], z [1, 5]): give input (--input), and constants (--constant) for the others',
    );
  });
});

describe('outputs', () => {
  const two = tiny(
    [1, 4],
    [node('Relu', ['x'], 'y'), node('Tanh', ['y'], 'z')],
    {},
    { outputs: { y: undefined, z: undefined } },
  );

  test('of several, one is named', async () => {
    await expect(read(two)).rejects.toThrow('has 2 outputs: give output (--output), one or several of y, z');
    await expect(read(two, { output: 'a' })).rejects.toThrow('output must be one of y, z');
    await expect(read(two, { output: ['y', 'y'] })).rejects.toThrow('output names "y" twice');
    expect(stages(await read(two, { output: 'y' }))).toEqual(['y: activation']);
    expect(stages(await read(two, { output: 'z' }))).toEqual(['y: activation', 'z: activation']);
  });

  test('several come under their names, also one that others are made of', async () => {
    for (const output of [['z', 'y'], ['y'], ['y', 'z']]) {
      const several = await onnxModel([fileOf(two)], { output });
      const before = tf.memory().numTensors;
      const kernel = several.build([1, 4]);
      const x = tf.tensor2d([[-1, 0, 1, 2]]) as unknown as tf.Tensor4D;
      const result = kernel.run(x);
      expect(Object.keys(result.tensors)).toEqual(output);
      expect(several.outputShape([1, 4])).toEqual([1, 4]);
      const known: Record<string, number[]> = { y: [0, 0, 1, 2], z: [0, 0, Math.tanh(1), Math.tanh(2)] };
      for (const [name, tensor] of Object.entries(result.tensors)) {
        expectClose(
          { shape: tensor.shape, data: Array.from(tensor.dataSync()) },
          { shape: [1, 4], data: known[name] ?? [] },
        );
      }
      tf.dispose(x);
      result.dispose();
      kernel.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test.each([[[]], [['y', 'y']], [['y', 'q']], [3], [null]])('output %j is refused', async (output) => {
    await expect(read(two, { output: output as never })).rejects.toThrow(OptionError);
  });

  test('the input itself as output is a stage that does nothing', async () => {
    expect(
      compute(await read(tiny([1, 2], [node('Identity', ['x'], 'y')])), { shape: [1, 2], data: [3, 4] }).data,
    ).toEqual([3, 4]);
  });

  test('one that does not depend on the input is refused', async () => {
    const graph = tiny([1, 2], [node('Relu', ['c'], 'y')], { c: floats([1], 1) });
    await expect(read(graph)).rejects.toThrow('the output y does not depend on the input');
  });
});

describe('as ONNX Runtime', () => {
  const cases: readonly (readonly [string, OnnxGraph, readonly number[]])[] = [
    [
      'a shape that is computed',
      tiny(
        [1, 3, 4, 5],
        [
          node('Shape', ['x'], 's'),
          node('Gather', ['s', 'zero'], 'b', { axis: 0 }),
          node('Unsqueeze', ['b', 'zeros'], 'u'),
          node('Concat', ['u', 'rest'], 'to', { axis: 0 }),
          node('Reshape', ['x', 'to'], 'y'),
        ],
        { zero: { shape: [], data: BigInt64Array.of(0n) }, zeros: ints(0), rest: ints(-1) },
      ),
      [1, 4, 5, 3],
    ],
    [
      'a softmax before version 13, over everything that follows',
      tiny([1, 2, 3, 4], [node('Softmax', ['x'], 'y')], {}, { opset: 11 }),
      [1, 3, 4, 2],
    ],
    [
      'a softmax of version 13, over the last dimension',
      tiny([1, 2, 3, 4], [node('Softmax', ['x'], 'y')], {}, { opset: 13 }),
      [1, 3, 4, 2],
    ],
    [
      'a convolution of a signal',
      tiny([1, 2, 9], [node('Conv', ['x', 'w'], 'y', { kernel_shape: [3], strides: [2], pads: [1, 0] })], {
        w: floats([4, 2, 3], 0.1, 0.2, -0.3, 0.5),
      }),
      [1, 2, 9],
    ],
    [
      'a matrix on each row',
      tiny([1, 3, 4], [node('MatMul', ['x', 'w'], 'y')], { w: floats([4, 2], 1, 2, 3) }),
      [1, 3, 4],
    ],
    [
      'a matrix from the left',
      tiny([1, 3, 4], [node('MatMul', ['w', 'x'], 'y')], { w: floats([5, 3], 1, 2, -3, 0.5) }),
      [1, 3, 4],
    ],
    [
      'a token before the rows',
      tiny([1, 3, 4], [node('Concat', ['t', 'x'], 'y', { axis: 1 })], { t: floats([1, 1, 4], 7, 8, 9) }),
      [1, 3, 4],
    ],
    [
      'GlobalAveragePool, Flatten and Gemm',
      tiny(
        [1, 3, 4, 5],
        [
          node('GlobalAveragePool', ['x'], 'a'),
          node('Flatten', ['a'], 'f'),
          node('Gemm', ['f', 'w', 'b'], 'y', { transB: 1 }),
        ],
        { w: floats([2, 3], 1, 2, 3, 4, 5), b: floats([2], 0.5, -1) },
      ),
      [1, 4, 5, 3],
    ],
    [
      'squeeze and excite',
      tiny(
        [1, 3, 4, 5],
        [
          node('GlobalAveragePool', ['x'], 'a'),
          node('Conv', ['a', 'w'], 'c', { kernel_shape: [1, 1] }),
          node('HardSigmoid', ['c'], 'h'),
          node('Mul', ['x', 'h'], 'y'),
        ],
        { w: floats([3, 3, 1, 1], 1, -2, 3, 0.5) },
      ),
      [1, 4, 5, 3],
    ],
  ];

  test.each(cases)('%s', async (_what, graph, shape) => {
    const x = randomGrid(shape, 3);
    const [, height = 1, width = 1, channels = 1] = shape;
    const onnx =
      shape.length === 4
        ? {
            shape: [1, channels, height, width],
            data: x.data.map(
              (_, i) => x.data[(i % (height * width)) * channels + Math.floor(i / (height * width))] ?? NaN,
            ),
          }
        : x;
    const expected = await byRuntime(foreign(graph), onnx);
    const actual = compute(await read(graph), x);
    const [, c = 1, h = 1, w = 1] = expected.shape;
    const wanted =
      expected.shape.length === 4
        ? {
            shape: [1, h, w, c],
            data: expected.data.map((_, i) => expected.data[(i % c) * h * w + Math.floor(i / c)] ?? NaN),
          }
        : expected;
    expectClose(actual, wanted, 1e-5);
  });
});

describe('weights', () => {
  /** x · w, with w as a tensor message. */
  const withTensor = (tensor: readonly Uint8Array[]) => {
    const bytes = foreign(tiny([1, 3], [node('Mul', ['x', 'w'], 'y')]));
    const [at = 0] = [...bytes.keys()].filter((i) => bytes[i] === 0x3a);
    // The graph is field 7; the initializer is put at its end.
    const length = (bytes[at + 1] ?? 0) + tensor.reduce((sum, piece) => sum + piece.length, 0);
    const end = at + 2 + (bytes[at + 1] ?? 0);
    return new File(
      [
        bytes.subarray(0, at),
        ...(varint(7, 0) && [Uint8Array.of(0x3a, length)]),
        bytes.subarray(at + 2, end),
        ...(tensor as Uint8Array<ArrayBuffer>[]),
        bytes.subarray(end),
      ],
      'w.onnx',
    );
  };
  const stored = (type: number, raw: Uint8Array, sizes = 3) =>
    field(5, [...varint(1, sizes), ...varint(2, type), ...text(8, 'w'), ...field(9, [raw])]);
  const bytesOf = (view: { readonly buffer: ArrayBufferLike }) => new Uint8Array(view.buffer);

  test.each([
    ['single precision', 1, bytesOf(Float32Array.of(1, 2, -0.5))],
    ['half precision', 10, bytesOf(Uint16Array.of(0x3c00, 0x4000, 0xb800))],
    ['bfloat16', 16, bytesOf(Uint16Array.of(0x3f80, 0x4000, 0xbf00))],
    ['double precision', 11, bytesOf(Float64Array.of(1, 2, -0.5))],
  ])('in %s', async (_what, type, raw) => {
    const one = (await onnxModel([withTensor(stored(type, raw))])) as unknown as Net;
    expect(compute(one, { shape: [1, 3], data: [1, 10, 100] }).data).toEqual([1, 20, -50]);
  });

  test('as a packed list', async () => {
    const list = field(5, [
      ...varint(1, 3),
      ...varint(2, 1),
      ...text(8, 'w'),
      ...field(4, [bytesOf(Float32Array.of(1, 2, 3))]),
    ]);
    const one = (await onnxModel([withTensor(list)])) as unknown as Net;
    expect(compute(one, { shape: [1, 3], data: [1, 10, 100] }).data).toEqual([1, 20, 300]);
  });

  test.each([
    ['too few bytes', stored(1, new Uint8Array(8)), 'w is [3], 12 bytes, but has 8'],
    ['a type of text', stored(8, new Uint8Array(3)), "values of ONNX's type 8"],
    ['a negative size', stored(1, new Uint8Array(12), -3), 'a tensor w of the shape [-3]'],
  ])('with %s are refused', async (_what, tensor, message) => {
    await expect(onnxModel([withTensor(tensor)])).rejects.toThrow(message);
  });

  const beside = (location: string, more: Readonly<Record<string, string>> = {}) => {
    const where = Object.entries({ location, ...more }).flatMap(([key, value]) =>
      field(13, [...text(1, key), ...text(2, value)]),
    );
    return withTensor(field(5, [...varint(1, 3), ...varint(2, 1), ...text(8, 'w'), ...where, ...varint(14, 1)]));
  };
  const data = new File([Float32Array.of(9, 1, 2, 3)], 'w.bin');

  test('in another file, at an offset', async () => {
    const one = (await onnxModel([beside('w.bin', { offset: '4', length: '12' }), data])) as unknown as Net;
    expect(compute(one, { shape: [1, 3], data: [1, 10, 100] }).data).toEqual([1, 20, 300]);
  });

  test.each([
    ['outside of the folder', '../w.bin', {}, "the path must be relative to its folder, without '..'"],
    ['an absolute path', '/etc/passwd', {}, 'the path must be relative'],
    ['a file that is not there', 'v.bin', {}, 'needs v.bin, which is not among'],
    ['behind the end', 'w.bin', { offset: '8' }, 'w is at 8 to 20 of w.bin, which has 16 bytes'],
    ['an offset below 0', 'w.bin', { offset: '-4' }, 'whose place in another file is not stated'],
    ['no place', '', {}, 'whose place in another file is not stated'],
  ])('in another file: %s', async (_what, location, more, message) => {
    await expect(onnxModel([beside(location, more), data])).rejects.toThrow(message);
  });
});

describe('what is not supported', () => {
  test('is named: each operator once with a node, and each node that cannot be', async () => {
    const graph = tiny(
      [1, 3, 4, 4],
      [
        { ...node('TopK', ['x'], 'a'), name: 'top' },
        { ...node('TopK', ['a'], 'b'), name: 'again' },
        node('NonZero', ['b'], 'c'),
        { ...node('MaxPool', ['x'], 'd', { kernel_shape: [2, 2], dilations: [2, 2] }), name: 'pool' },
        node('Add', ['c', 'd'], 'y'),
      ],
    );
    await expect(read(graph)).rejects.toThrow(
      'tiny.onnx has operators that sluice does not know: TopK (top), NonZero (c). tiny.onnx has nodes that cannot be converted: MaxPool (pool): dilations 2,2 is not supported',
    );
    await expect(read(graph)).rejects.toThrow(WeightsError);
  });

  test('is not asked for where the output does not need it', async () => {
    const graph = tiny([1, 3], [node('TopK', ['x'], 'a'), node('Relu', ['x'], 'y')]);
    expect(stages(await read(graph))).toEqual(['y: activation']);
  });

  test('inputs of integers, unless they become floats', async () => {
    const bytes = { takesBytes: true };
    await expect(read(tiny([1, 3], [node('Add', ['x', 'x'], 'y')], {}, bytes))).rejects.toThrow('takes integers (x)');
    const cast = [node('Transpose', ['x'], 't', { perm: [1, 0] }), node('Cast', ['t'], 'y', { to: 1 })];
    expect((await read(tiny([1, 3], cast, {}, bytes))).inputShape).toEqual([1, 3]);
  });

  test('an option that does not exist', async () => {
    await expect(onnxModel([], { size: 3 } as never)).rejects.toThrow(OptionError);
  });
});

test('a message of protobuf that the reader does not know is skipped', async () => {
  const known = foreign(tiny([1, 2], [node('Relu', ['x'], 'y')]));
  const more = joined([...text(99, 'more'), ...varint(98, 7)]) as Uint8Array<ArrayBuffer>;
  expect(stages((await onnxModel([new File([known, more], 'a.onnx')])) as unknown as Net)).toEqual(['y: activation']);
});
