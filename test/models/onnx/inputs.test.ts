import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map, toArray } from 'rxjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  batch,
  EngineError,
  frameSource,
  importModel,
  infer,
  onnxModel,
  OptionError,
  useEngine,
  WeightsError,
  type Arrival,
  type Frame,
  type OnnxModelOptions,
  type Pipeline,
} from 'sluice';
import { fixedInputs } from '../../../src/models/onnx/fixed-inputs.ts';
import type { OnnxGraph } from '../../../src/onnx/onnx-model.ts';
import { leakFree, run } from '../../support/balance.ts';
import { fileOf, floats, ints, node, tiny } from './tiny.ts';

beforeAll(() => useEngine('wasm'));

type Net = Pipeline<tf.Tensor, tf.Tensor>;
const read = async (graph: OnnxGraph, options: OnnxModelOptions = {}) =>
  (await onnxModel([fileOf(graph)], options)) as unknown as Net;

/** What a pipeline gives for rows of numbers, which may be of several sources. */
async function through(net: Net, rows: readonly (readonly number[])[], sources: readonly string[] = []) {
  const arrivals = rows.map((row, i): Arrival<tf.Tensor> => {
    const source = sources[i];
    return { data: tf.tensor2d([[...row]]), timestamp: i, ...(source === undefined ? {} : { source }) };
  });
  const numbers = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
  return lastValueFrom(frameSource(arrivals, { source: 'test' }).pipe(net, numbers, toArray()));
}

describe('constants', () => {
  const both = tiny([1, 3], [node('Mul', ['x', 'z'], 'y')], {}, { inputs: { x: [1, 3], z: [1, 3] } });

  test.each<[unknown, number[]]>([
    [2, [2, 4, 6]],
    [true, [1, 2, 3]],
    [[[1, 0, -1]], [1, 0, -3]],
  ])('%j in the place of an input', async (z, expected) => {
    for (const more of [{}, { onnxRuntime: 'whole' } as const]) {
      await leakFree(async () => {
        const net = await read(both, { constants: { z: z as number }, ...more });
        expect(await through(net, [[1, 2, 3]])).toEqual([expected]);
      });
    }
  });

  test('of either input', async () => {
    const minus = { ...both, nodes: [node('Sub', ['x', 'z'], 'y')] };
    const net = await read(minus, { input: 'z', constants: { x: 10 } });
    expect(await through(net, [[1, 2, 3]])).toEqual([[9, 8, 7]]);
  });

  test('of integers, such as the size that a detector scales its boxes to', async () => {
    const nodes = [node('Cast', ['size'], 's', { to: 1 }), node('Mul', ['x', 's'], 'y')];
    const graph = tiny([1, 2], nodes, {}, { inputs: { x: [1, 2], size: [1, 2] } });
    for (const more of [{}, { onnxRuntime: 'whole' } as const]) {
      const net = await read(graph, { constants: { size: [[640, 480]] }, ...more });
      expect(await through(net, [[0.5, 0.25]])).toEqual([[320, 120]]);
    }
  });

  test.each<[OnnxModelOptions, string]>([
    [
      {},
      'tiny.onnx has 2 inputs (x [1, 3], z [1, 3]): give input (--input), and constants (--constant) for the others',
    ],
    [{ input: 'x' }, 'tiny.onnx also takes z: give constants (--constant) for them'],
    [{ input: 'q', constants: { x: 1, z: 1 } }, 'tiny.onnx has no input q (input); it has x, z'],
    [{ constants: { q: 1 } }, 'tiny.onnx has no input q (constants); it has x, z'],
    [{ constants: { __proto__: null, toString: 1 } as never }, 'has no input toString'],
    [{ constants: { z: 'big' as never } }, 'the constant z must be numbers, or lists of numbers, not "big"'],
    [{ constants: { z: NaN } }, 'the constant z must be numbers'],
    [{ constants: { z: [[1, 2], [3]] } }, 'the constant z has lists of different lengths'],
    [{ constants: { z: [[1, [2], 3]] } }, 'the constant z must be numbers'],
    [{ constants: { z: [1, 2, 3] } }, 'the constant z has the shape [3], but its input is [1, 3]'],
    [{ constants: { z: [] } }, 'the constant z has the shape [0], but its input is [1, 3]'],
    [{ constants: { x: 1, z: 1 } }, 'has 2 inputs'],
    [{ input: 'x', constants: { x: 1, z: 1 } }, 'x takes the frames (input), so it cannot be in constants'],
    [{ input: 'x', state: { x: 'y' } }, 'x takes the frames (input), so it cannot be in state'],
  ])('%j is refused', async (options, message) => {
    await expect(read(both, options)).rejects.toThrow(OptionError);
    await expect(read(both, options)).rejects.toThrow(message);
  });
});

test.each<[number, unknown, string]>([
  [2, 300, 'must be whole numbers from 0 to 255, not 300'],
  [3, -129, 'must be whole numbers from -128 to 127, not -129'],
  [7, 0.5, 'must be whole numbers from'],
  [6, 2 ** 31, 'must be whole numbers from'],
  [8, 1, "takes values of ONNX's type 8, which a constant cannot have"],
])('a constant of type %i cannot be %j', (type, value, message) => {
  const graph = {
    inputs: [
      { name: 'x', type: 1, shape: [1, 2] },
      { name: 'z', type, shape: [1] },
    ],
    initializers: new Map(),
  };
  const fixing = () => fixedInputs('m.onnx', graph as never, { constants: { z: value } });
  expect(fixing).toThrow(OptionError);
  expect(fixing).toThrow(message);
});

test('a number does not fill a shape of any size', () => {
  const graph = {
    inputs: [
      { name: 'x', type: 1, shape: [1] },
      { name: 'z', type: 1, shape: [1, 2 ** 27] },
    ],
    initializers: new Map(),
  };
  expect(() => fixedInputs('m.onnx', graph as never, { constants: { z: 0 } })).toThrow(
    'm.onnx: the constant z would fill [1, 134217728], over 16777216 values',
  );
});

test('a file with many inputs gives a short message', () => {
  const inputs = Array.from({ length: 20_000 }, (_, i) => ({ name: `${i} ${'n'.repeat(900)}`, type: 1, shape: [1] }));
  for (const options of [{}, { constants: { q: 1 } }, { input: 'q' }, { input: inputs[0]?.name ?? '' }]) {
    const graph = { inputs, initializers: new Map() } as never;
    const error = thrownBy(() => fixedInputs('m.onnx', graph, options));
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message.length).toBeLessThan(3000);
  }
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('state', () => {
  /** y = x + s, and s becomes y. */
  const sum = tiny(
    [1, 2],
    [node('Add', ['x', 's'], 'y'), node('Identity', ['y'], 'next')],
    {},
    { inputs: { x: [1, 2], s: [1, 2] }, outputs: { y: [1, 2], next: [1, 2] } },
  );
  const options = { state: { s: 'next' }, onnxRuntime: 'whole' } as const;

  test('is what an output was for the frame before, and begins again with each source', async () => {
    await leakFree(async () => {
      const net = await read(sum, options);
      const rows = [1, 2, 3, 4, 5].map((n) => [n, 10 * n]);
      const expected = [1, 3, 3, 7, 12].map((n) => [n, 10 * n]);
      expect(await through(net, rows, ['a', 'a', 'b', 'b', 'b'])).toEqual(expected);
      expect(await through(net, rows.slice(0, 2))).toEqual(expected.slice(0, 2));
    });
  });

  test('may have sizes that the file leaves open', async () => {
    const open = { ...sum, inputs: { x: [1, 2], s: ['a', 'b'] } };
    const net = await read(open, options);
    expect(
      await through(net, [
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
    ).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
    ]);
  });

  test('takes one frame at a time', async () => {
    const net = await read(sum, options);
    const rows = [1, 2].map((n, i): Arrival<tf.Tensor> => ({ data: tf.tensor2d([[n, n]]), timestamp: i }));
    const source = frameSource(rows, { source: 'test', maxInFlight: 2 });
    const { error } = await run(source.pipe(batch({ size: 2 }), net));
    expect(String(error)).toMatch(/keeps a state from frame to frame, so it takes one frame at a time, not 2/);
  });

  test('begins with a constant', async () => {
    const net = await read(sum, { ...options, constants: { s: 100 } });
    expect(
      await through(net, [
        [1, 2],
        [1, 2],
      ]),
    ).toEqual([
      [101, 102],
      [102, 104],
    ]);
  });

  test.each<[OnnxModelOptions, string]>([
    [{ state: { s: 'next' } }, "only ONNX Runtime keeps a state of an ONNX model: give onnxRuntime: 'whole'"],
    [{ state: { s: 'next' }, onnxRuntime: 'rest' }, 'only ONNX Runtime keeps a state'],
    [{ state: { s: 'gone' }, onnxRuntime: 'whole' }, 'tiny.onnx has no output gone (state); it has y, next'],
    [{ state: { q: 'next' }, onnxRuntime: 'whole' }, 'tiny.onnx has no input q (state); it has x, s'],
    [{ state: { s: 1 as never }, onnxRuntime: 'whole' }, 'state names outputs, not 1'],
  ])('%j is refused', async (given, message) => {
    await expect(read(sum, given)).rejects.toThrow(OptionError);
    await expect(read(sum, given)).rejects.toThrow(message);
  });
});

describe('ONNX Runtime', () => {
  const top = tiny(
    [1, 3, 4, 4],
    [
      node('GlobalAveragePool', ['x'], 'g'),
      node('Flatten', ['g'], 'f'),
      { name: '', op: 'TopK', inputs: ['f', 'k'], outputs: ['t', 'i'], attributes: {} },
      node('Softmax', ['t'], 'y', { axis: 1 }),
    ],
    { k: ints(3) },
  );

  test('what it gives means what its last operation says', async () => {
    await leakFree(async () => {
      const labels = ['first', 'second', 'third'];
      const model = await importModel([fileOf(top)], { onnxRuntime: 'rest', labels, preset: 'raw' });
      const pixels = { width: 4, height: 4, channels: 3 as const, data: new Uint8Array(48).fill(9) };
      const source = frameSource([{ data: pixels, timestamp: 0 }], { source: 'test' });
      const { values } = await run(source.pipe(infer(model)));
      expect(values[0]?.classes.map(({ label }) => label)).toEqual(labels);
      expect(values[0]?.classes[0]?.score).toBeCloseTo(1 / 3, 5);
      expect(values[0]?.timings.map(({ stage }) => stage)).toContain('onnxRuntime');
    });
  });

  test('that refuses a model as well is one error with both reasons', async () => {
    const own = tiny([1, 4], [node('MyOwn', ['x'], 'y')]);
    const refused = read(own, { onnxRuntime: 'whole' });
    await expect(refused).rejects.toThrow(WeightsError);
    await expect(refused).rejects.toThrow(
      /^tiny\.onnx has operators that sluice does not know: MyOwn \(y\)\. ONNX Runtime cannot run it: .*MyOwn/,
    );
  });

  test('that fails on zeros is one error', async () => {
    const graph = tiny([1, 4], [node('Reshape', ['x', 's'], 'a'), node('TopK', ['a', 'k'], 'y')], {
      s: ints(1, 4),
      k: ints(9),
    });
    await expect(read(graph, { onnxRuntime: 'rest' })).rejects.toThrow(/TopK \(y\).*ONNX Runtime cannot run it/);
  });

  test('that is no runtime, or does not work, is an error', async () => {
    const runtime = (create: () => Promise<never>) => ({ InferenceSession: { create }, Tensor: Object }) as never;
    const broken = runtime(() => Promise.reject(new Error('no threads')));
    await expect(read(top, { onnxRuntime: 'whole', runtimeOptions: { runtime: broken } })).rejects.toThrow(
      'no threads',
    );
    const none = read(top, { onnxRuntime: 'whole', runtimeOptions: { runtime: {} as never } });
    await expect(none).rejects.toThrow(OptionError);
    const provider = read(tiny([1, 2], [node('Relu', ['x'], 'y')]), {
      onnxRuntime: 'whole',
      runtimeOptions: { executionProviders: ['abacus'] },
    });
    await expect(provider).rejects.toThrow(EngineError);
  });

  test('may run a model that stages can do, on request only', async () => {
    const relu = tiny([1, 2], [node('Relu', ['x'], 'y')]);
    expect((await read(relu, { onnxRuntime: 'rest' })).parts.map(({ stage }) => stage.spec.op)).toEqual(['activation']);
    const whole = await read(relu, { onnxRuntime: 'whole' });
    expect(whole.parts.map(({ stage }) => stage.spec.op)).toEqual(['onnxRuntime']);
    expect(await through(whole, [[-1, 2]])).toEqual([[0, 2]]);
  });

  test('does not get a model that is over the limits of memory', async () => {
    const graph = tiny([1, 4], [node('ConstantOfShape', ['s'], 'c'), node('Add', ['x', 'c'], 'y')], {
      s: ints(2 ** 40),
    });
    const refused = read(graph, { onnxRuntime: 'whole' });
    await expect(refused).rejects.toThrow(/computes constants of over 268435456 values$/);
  });

  test.each<[OnnxModelOptions, string]>([
    [{ onnxRuntime: 'all' as never }, 'tiny.onnx: onnxRuntime must be whole, rest, not "all"'],
    [{ onnxRuntime: true as never }, 'onnxRuntime must be whole, rest, not true'],
    [{ onnxRuntime: 'whole', runtimeOptions: { threads: 0 } }, 'runtimeOptions: threads must be'],
    [
      { onnxRuntime: 'whole', runtimeOptions: { thread: 1 } as never },
      'runtimeOptions has no option "thread": did you mean threads?',
    ],
    [{ onnxRuntime: 'whole', runtimeOptions: 5 as never }, 'runtimeOptions'],
    [{ runtimeOptions: { threads: 1 } }, 'give onnxRuntime, or leave them out'],
    [{ onnxRuntime: 'whole', inputShape: [1, 5, 5, 3] }, 'takes [1, 4, 4, 3], but inputShape is [1, 5, 5, 3]'],
  ])('%j is refused', async (options, message) => {
    await expect(read(top, options)).rejects.toThrow(OptionError);
    await expect(read(top, options)).rejects.toThrow(message);
  });

  test('an input of another shape fails the frame', async () => {
    const net = await read(tiny([1, 2], [node('Relu', ['x'], 'y')], { w: floats([1], 1) }), { onnxRuntime: 'whole' });
    const { error } = await run(frameSource([{ data: tf.ones([1, 3]), timestamp: 0 }], { source: 'test' }).pipe(net));
    expect(String(error)).toMatch(/\[1, 2\], but got \[1, 3\]/);
  });
});
