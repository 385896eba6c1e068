import { describe, expect, test } from 'vitest';
import { onnxModel, WeightsError } from 'sluice';
import { MAX_LAYERS, MAX_NAME } from '../../../src/models/limits.ts';
import { readOnnxFile } from '../../../src/models/onnx/onnx-file.ts';
import { readFields, readVarints } from '../../../src/models/onnx/read-fields.ts';
import { field, float, joined, text, varint } from '../../../src/onnx/protobuf.ts';
import { foreign } from './foreign.ts';
import { fileOf, floats, ints, node, tiny } from './tiny.ts';

const relu = [node('Relu', ['x'], 'y')];

describe('fields of protobuf', () => {
  const read = (bytes: Uint8Array) => {
    const found: [number, number | string][] = [];
    readFields('f', bytes, (id, value) => found.push([id, typeof value === 'number' ? value : value.join()]));
    return found;
  };

  test('are read as they are written', () => {
    const bytes = joined([...varint(1, 300), ...text(2, 'ab'), ...varint(900, -5), ...float(3, 1), ...field(4, [])]);
    expect(read(bytes)).toEqual([
      [1, 300],
      [2, '97,98'],
      [900, -5],
      [3, '0,0,128,63'],
      [4, ''],
    ]);
  });

  test.each([0, 1, 127, 128, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35 - 1, 2 ** 53, -1, -(2 ** 31), -(2 ** 53)])(
    'the integer %d',
    (value) => {
      expect(read(joined(varint(1, value)))).toEqual([[1, value]]);
      const packed: number[] = [];
      readVarints('f', joined(varint(1, value)).subarray(1), (item) => packed.push(item));
      expect(packed).toEqual([value]);
    },
  );

  test('bytes are views of the file', () => {
    const bytes = joined(text(2, 'abc'));
    readFields('f', bytes, (_id, value) => expect((value as Uint8Array).buffer).toBe(bytes.buffer));
    expect.assertions(1);
  });

  test.each([
    ['a length beyond the end', [0x12, 5, 1], 'a field that is longer than the rest'],
    [
      'a length beyond all',
      [0x12, 255, 255, 255, 255, 255, 255, 255, 255, 127],
      'a field that is longer than the rest',
    ],
    [
      'a negative length',
      [0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
      'a field that is longer than the rest',
    ],
    ['a number that ends too early', [0x08, 128], 'a number that ends too early'],
    ['a number without an end', [0x08, ...new Array<number>(12).fill(255)], 'a number of over 64 bits'],
    ['a group', [0x0b], 'a field of the unknown type 3'],
    ['four bytes that are two', [0x0d, 1, 2], 'a field that is longer than the rest'],
  ])('%s is refused', (_what, bytes, message) => {
    expect(() => read(Uint8Array.from(bytes))).toThrow(WeightsError);
    expect(() => read(Uint8Array.from(bytes))).toThrow(`f is damaged, or no ONNX model: it has ${message}`);
  });
});

describe('files', () => {
  const refused = async (file: File, message: string | RegExp) => {
    await expect(onnxModel([file])).rejects.toThrow(WeightsError);
    await expect(onnxModel([file])).rejects.toThrow(message);
  };
  const file = (bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], 'm.onnx');

  test.each([
    ['nothing', new Uint8Array(), 'it has no graph'],
    ['text', new TextEncoder().encode('hello, this is no model'), 'is damaged, or no ONNX model'],
    ['a model without a graph', joined(varint(1, 8)), 'it has no graph'],
    ['a graph that is a number', joined(varint(7, 8)), 'a number in place of a text or a message'],
    [
      'old operators',
      foreign(tiny([1, 2], relu, {}, { opset: 6 })),
      "uses version 6 of ONNX's operators; sluice knows version 7 (2018) and later",
    ],
    ['no input', foreign(tiny([1, 2], relu, {}, { inputs: {} })), 'has no input'],
    ['no output', foreign(tiny([1, 2], relu, {}, { outputs: {} })), 'has no output'],
  ])('%s', async (_what, bytes, message) => {
    await refused(file(bytes), message);
  });

  test('every cut is one error, or a model', () => {
    const whole = foreign(tiny([1, 2], [...relu, node('Add', ['y', 'c'], 'z')], { c: floats([2], 1) }));
    for (let end = 0; end < whole.length; end++) {
      try {
        readOnnxFile('m.onnx', whole.subarray(0, end));
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsError);
      }
    }
    expect(() => readOnnxFile('m.onnx', whole)).not.toThrow();
  });

  test('a long name', async () => {
    const long = 'n'.repeat(MAX_NAME + 1);
    await refused(
      fileOf(tiny([1, 2], [{ ...node('Relu', ['x'], 'y'), name: long }])),
      /^tiny.onnx has a name of over 1000 characters: nnn/,
    );
  });

  test('many nodes', async () => {
    const nodes = Array.from({ length: MAX_LAYERS + 1 }, (_, i) =>
      node('Relu', [i ? `v${i - 1}` : 'x'], i === MAX_LAYERS ? 'y' : `v${i}`),
    );
    await refused(fileOf(tiny([1, 2], nodes)), 'has over 10000 nodes');
  });

  test('nodes in a circle, or of nothing', async () => {
    await refused(fileOf(tiny([1, 2], [node('Add', ['x', 'y'], 'y')])), 'Add (y) takes y, which does not exist');
    await refused(fileOf(tiny([1, 2], [node('Relu', ['z'], 'y')])), 'Relu (y) takes z, which does not exist');
    await refused(fileOf(tiny([1, 2], [node('Relu', ['x'], 'z')])), 'the output y is given by no node');
  });
});

describe('a shape that a node cannot give', () => {
  // The same operator runs on a value of the frame and, while the file is read, on a constant.
  test.each([
    ['Squeeze', ints(0), 'squeezes dimension 0 of [2], whose size is not 1'],
    ['Squeeze', ints(3), 'has axis 3, but its input is [2]'],
    ['Unsqueeze', ints(5), 'axes [5] do not fit [2]'],
    ['Reshape', ints(3), 'reshapes [2] to [3]'],
  ])('%s of a constant and of a value', async (op, how, message) => {
    const ofConstant = [node(op, ['c', 'how'], 'd'), node('Add', ['x', 'd'], 'y')];
    const ofValue = [node(op, ['x', 'how'], 'y')];
    for (const nodes of [ofConstant, ofValue]) {
      const file = fileOf(tiny([2], nodes, { c: floats([2], 1), how }));
      await expect(onnxModel([file])).rejects.toThrow(WeightsError);
      await expect(onnxModel([file])).rejects.toThrow(message);
    }
  });
});

test.each([
  ['SpaceToDepth', [1, 3, 3, 5, 2], { blocksize: 3 }, 'an input of [1, 3, 3, 5, 2] is not supported'],
  ['SpaceToDepth', [1, 2, 3, 4], { blocksize: 2 }, 'blocks of 2 in 3 × 4 is not supported'],
  ['SpaceToDepth', [1, 2, 4, 4], { blocksize: 0 }, 'blocks of 0 in 4 × 4 is not supported'],
  ['DepthToSpace', [1, 4, 4, 4, 4], { blocksize: 2 }, 'is not supported'],
])('%s of %j', async (op, shape, attributes, message) => {
  const file = fileOf(tiny(shape, [node(op, ['x'], 'y', attributes)]));
  await expect(onnxModel([file])).rejects.toThrow(WeightsError);
  await expect(onnxModel([file])).rejects.toThrow(message);
});

describe('what would take memory or time is refused at once', () => {
  const LARGE = 2 ** 40;
  const refused = async (graph: ReturnType<typeof tiny>, message: string | RegExp) => {
    await expect(onnxModel([fileOf(graph)])).rejects.toThrow(WeightsError);
    await expect(onnxModel([fileOf(graph)])).rejects.toThrow(message);
  };
  const of = (op: string, ...constants: number[][]) => {
    const names = constants.map((_, i) => `c${i}`);
    return tiny(
      [1, 3, 4, 4],
      [node(op, ['x', ...names], 'y')],
      Object.fromEntries(constants.map((values, i) => [`c${i}`, ints(...values)])),
    );
  };

  test('a constant of any size', async () => {
    const nodes = [node('ConstantOfShape', ['s'], 'c'), node('Add', ['x', 'c'], 'y')];
    await refused(tiny([1, 4], nodes, { s: ints(LARGE) }), 'computes constants of over 268435456 values');
    const range = [node('Range', ['a', 'b', 'c'], 'r'), node('Add', ['x', 'r'], 'y')];
    const number = (value: number) => ({ shape: [], data: BigInt64Array.of(BigInt(value)) });
    await refused(tiny([1, 4], range, { a: number(0), b: number(LARGE), c: number(1) }), 'computes constants of over');
    const tile = [node('Tile', ['a', 'b'], 't'), node('Add', ['x', 't'], 'y')];
    await refused(tiny([1, 4], tile, { a: floats([1000], 1), b: ints(1_000_000) }), 'computes constants of over');
    const expand = [node('Expand', ['a', 'b'], 't'), node('Add', ['x', 't'], 'y')];
    await refused(tiny([1, 4], expand, { a: floats([1], 1), b: ints(LARGE) }), 'computes constants of over');
  });

  test('constants that double, node by node', async () => {
    const doubling = Array.from({ length: 60 }, (_, i) => node('Concat', [`c${i}`, `c${i}`], `c${i + 1}`, { axis: 0 }));
    await refused(
      tiny([1, 4], [...doubling, node('Add', ['x', 'c60'], 'y')], { c0: floats([4], 1) }),
      'computes constants of over',
    );
  });

  test('a value of any size', async () => {
    await refused(of('Expand', [LARGE, 3, 4, 4]), /over|more than/);
    await refused(of('Pad', [0, 0, LARGE, 0, 0, 0, 0, 0]), `gives [1, ${LARGE + 4}, 4, 3], over 268435456 values`);
    await refused(of('Tile', [1, LARGE, 1, 1]), `repeating ${LARGE} times is not supported`);
    await refused(tiny([1, LARGE], relu), 'over 268435456 values');
    await refused(tiny([1, 3, 2 ** 20, 2 ** 20], relu), 'over 268435456 values');
  });

  test('a resize of any size', async () => {
    const sizes = { s: ints(1, 3, 2 ** 20, 4) };
    const graph = tiny([1, 3, 4, 4], [node('Resize', ['x', '', '', 's'], 'y', { mode: 'cubic' })], sizes);
    await refused(graph, 'needs more than 67108864 values that are not in the file');
  });

  test('a weight that many nodes use', async () => {
    const nodes = Array.from({ length: 2000 }, (_, i) =>
      node('Add', [i ? `v${i - 1}` : 'x', 'c'], i === 1999 ? 'y' : `v${i}`),
    );
    await refused(
      tiny([1, 200_000], nodes, { c: floats([200_000], 1) }),
      'uses constants so often that they make over',
    );
  });

  test('a list of axes that many nodes use', async () => {
    const nodes = Array.from({ length: 5000 }, (_, i) =>
      node('ReduceSum', [i ? `v${i - 1}` : 'x', 'a'], i === 4999 ? 'y' : `v${i}`, { keepdims: 1 }),
    );
    const axes = ints(...Array.from({ length: 50_000 }, () => 1));
    await refused(tiny([1, 4], nodes, { a: axes }), 'has 50000 axes, but its input is [1, 4]');
  });

  test('nodes that all have one name', async () => {
    const nodes = Array.from({ length: 9000 }, (_, i) => ({
      ...node('Relu', [i ? `v${i - 1}` : 'x'], i === 8999 ? 'y' : `v${i}`),
      name: 'same',
    }));
    const net = await onnxModel([fileOf(tiny([1, 4], nodes))]);
    expect(net.parts.at(-1)?.name).toBe('same_8999');
  });

  test('work of any size', async () => {
    const kernel = floats([64, 64, 3, 3], 0.1);
    const nodes = Array.from({ length: 80 }, (_, i) =>
      node('Conv', [i ? `v${i - 1}` : 'x', 'w'], i === 79 ? 'y' : `v${i}`, { pads: [1, 1, 1, 1] }),
    );
    await refused(tiny([1, 64, 2000, 2000], nodes, { w: kernel }), 'over the limit of 1e13');
  });
});
