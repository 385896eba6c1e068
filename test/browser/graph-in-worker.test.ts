import { lastValueFrom, toArray } from 'rxjs';
import { embedding, frameSource, importModel, infer, useEngine, type FrameResult } from 'sluice';
import { inWorker } from 'sluice/browser';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/balance.ts';

const FLOAT = { type: 'DT_FLOAT' };
const T = { T: FLOAT };
const shapeOf = (...sizes: number[]) => ({ shape: { dim: sizes.map((size) => ({ size: `${size}` })) } });

/** Constants of the graph, whose bytes are its file of weights. */
const CONSTANTS = {
  axes: { shape: [2], data: Int32Array.of(1, 2) },
  boxes: { shape: [3, 4], data: Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5) },
  most: { shape: [], data: Int32Array.of(3) },
  overlap: { shape: [], data: Float32Array.of(0.5) },
  least: { shape: [], data: Float32Array.of(-1) },
  row: { shape: [1], data: Int32Array.of(-1) },
  one: { shape: [2], data: Int32Array.of(1, 3) },
  first: { shape: [], data: Int32Array.of(0) },
};

/**
 * A graph model of pictures of 2 × 2: `sum`, the means of the channels added to `before`, and `sorted`, the means in the order that
 * NonMaxSuppression gives, which computes asynchronously.
 */
function graphFiles(): File[] {
  const constants = Object.entries(CONSTANTS);
  const node = (name: string, op: string, input: string[], attr: object = {}) => ({ name, op, input, attr });
  const shape = { Tshape: { type: 'DT_INT32' } };
  const nodes = [
    node('x', 'Placeholder', [], { dtype: FLOAT, shape: shapeOf(-1, 2, 2, 3) }),
    node('before', 'Placeholder', [], { dtype: FLOAT, shape: shapeOf(1, 3) }),
    ...constants.map(([name, { data }]) =>
      node(name, 'Const', [], { dtype: { type: data.constructor === Int32Array ? 'DT_INT32' : 'DT_FLOAT' } }),
    ),
    node('mean', 'Mean', ['x', 'axes'], { ...T, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } }),
    node('sum', 'AddV2', ['mean', 'before'], T),
    node('scores', 'Reshape', ['mean', 'row'], { ...T, ...shape }),
    node('best', 'NonMaxSuppressionV3', ['boxes', 'scores', 'most', 'overlap', 'least'], T),
    node('picked', 'GatherV2', ['scores', 'best', 'first'], T),
    node('sorted', 'Reshape', ['picked', 'one'], { ...T, ...shape }),
  ];
  const weights = constants.map(([name, { shape: sizes, data }]) => {
    return { name, shape: sizes, dtype: data.constructor === Int32Array ? 'int32' : 'float32' };
  });
  const json = {
    format: 'graph-model',
    modelTopology: { versions: { producer: 1, minConsumer: 1 }, library: {}, node: nodes },
    weightsManifest: [{ paths: ['w.bin'], weights }],
  };
  return [
    new File([JSON.stringify(json)], 'model.json'),
    new File(
      constants.map(([, { data }]) => data),
      'w.bin',
    ),
  ];
}

/** Four pictures whose mean of each channel is between 0.5 and 1, and different. */
const pictures = Array.from({ length: 4 }, (_, k) => ({
  data: {
    width: 2,
    height: 2,
    channels: 3 as const,
    data: Uint8Array.from({ length: 12 }, (__, i) => 140 + ((i * 37 + k * 53) % 110)),
  },
  timestamp: k * 1000,
}));
const frames = () => frameSource(pictures, { source: 'noise' });

const given = { preset: 'raw', normalize: { range: [0, 1] }, task: embedding(), constants: { before: 0.25 } } as const;
const numbersOf = (results: readonly FrameResult<{ vector: Float32Array }>[]) =>
  results.map(({ source, seq, vector }) => ({ source, seq, vector: [...vector].map((value) => value.toFixed(5)) }));

beforeAll(() => useEngine('cpu'));

describe('inWorker runs graph models', () => {
  it.each([
    ['that keep a state from frame to frame', { output: 'sum', state: { before: 'sum' } }],
    ['that compute asynchronously', { output: 'sorted' }],
  ])('%s', async (_, options) => {
    const { preset: _preset, ...others } = given;
    const model = await importModel(graphFiles(), { ...others, ...options, input: 'x' } as never);
    const here = numbersOf((await lastValueFrom(frames().pipe(infer(model), toArray()))) as never);
    expect(new Set(here.map(({ vector }) => vector.join())).size).toBe(4);
    const { values, error } = await run(frames().pipe(inWorker(model, { engine: 'cpu' })));
    expect(error).toBeUndefined();
    expect(numbersOf(values as never)).toEqual(here);
    // The page keeps its model: nothing was taken away from it.
    expect(numbersOf((await lastValueFrom(frames().pipe(infer(model), toArray()))) as never)).toEqual(here);
  });
});
