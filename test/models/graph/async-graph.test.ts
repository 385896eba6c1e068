import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map, merge, toArray } from 'rxjs';
import {
  frameSource,
  graphModel,
  NamedTensors,
  pipeline,
  releaseModels,
  residual,
  useEngine,
  WeightsError,
  type GraphModelOptions,
} from 'sluice';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { boxesGraph, graphOf, loopingGraph, recursiveGraph, summingGraph } from './looping-graph.ts';

beforeAll(() => useEngine('cpu'));

let tensors = 0;
beforeEach(async () => {
  await releaseModels();
  tensors = tf.memory().numTensors;
});

async function expectNothingLeft(): Promise<void> {
  await releaseModels();
  expect(tf.memory().numTensors).toBe(tensors);
}

const frames = (rows: number[][], source = 'list') =>
  frameSource(
    rows.map((row, i) => ({ data: tf.tensor2d([row]), timestamp: i * 1000 })),
    { source },
  );

const SHAPE = { inputShape: [1, 2] };

/** What a model gives for each of these inputs. */
async function through(files: File[], rows: number[][], options: GraphModelOptions = {}) {
  const stage = await graphModel(files, { ...SHAPE, ...options });
  const values = map(({ data }: { data: tf.Tensor | NamedTensors }) =>
    data instanceof NamedTensors
      ? Object.fromEntries(Object.entries(data.tensors).map(([name, each]) => [name, each.arraySync()]))
      : data.arraySync(),
  );
  const results = await lastValueFrom(frames(rows).pipe(stage, values, toArray()));
  return { stage, results };
}

describe('a graph model with a loop', () => {
  it('runs as an asynchronous stage, as long as the loop goes on', async () => {
    const { stage, results } = await through(loopingGraph(), [
      [1, 2],
      [60, 60],
      [2, 3],
    ]);
    expect(stage.asynchronous).toMatchObject({ inFlight: 1, variesInShape: true });
    expect(results).toEqual([[[63, 95]], [[60, 60]], [[47, 63]]]);
    await expectNothingLeft();
  });

  it('ends where it computes nothing and never stops', async () => {
    await expect(graphModel(loopingGraph({ endless: true }), { ...SHAPE, maxWork: 1e7 })).rejects.toThrow(
      /operations together would take .*multiply-adds.*over the limit of 1e7/,
    );
    await expectNothingLeft();
  });

  it('lets other work go on while it runs', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await graphModel(loopingGraph({ endless: true }), { ...SHAPE, maxWork: 3e8 }).catch(() => undefined);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it('is refused where a function calls itself', async () => {
    await expect(graphModel(recursiveGraph(), SHAPE)).rejects.toThrow(/its function "self" calls itself/);
  });

  it('cannot be inside of another stage', async () => {
    const loop = await graphModel(loopingGraph(), SHAPE);
    expect(() => residual({}, loop as never)).toThrow(/is asynchronous/);
    expect(pipeline({ inputShape: [1, 2] }, loop as never).outputShape([1, 2])).toEqual([1, 2]);
  });

  it('two of them at the same time count apart from a third that is synchronous', async () => {
    const [a, b, sync] = await Promise.all([
      graphModel(loopingGraph(), SHAPE),
      graphModel(loopingGraph(), SHAPE),
      graphModel(
        graphOf([{ name: 'twice', op: 'AddV2', input: ['x', 'x'], attr: { T: { type: 'DT_FLOAT' } } }]),
        SHAPE,
      ),
    ]);
    const all = merge(frames([[1, 2]], 'a').pipe(a), frames([[2, 2]], 'b').pipe(b), frames([[3, 2]], 'c').pipe(sync));
    const results = await lastValueFrom(
      all.pipe(
        map(({ data, label }) => [label.source, data.arraySync()]),
        toArray(),
      ),
    );
    expect(Object.fromEntries(results as [string, unknown][])).toEqual({
      a: [[63, 95]],
      b: [[95, 95]],
      c: [[6, 4]],
    });
    await expectNothingLeft();
    // No guard of a run that has ended watches any more.
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });
});

describe('NonMaxSuppression', () => {
  const boxes = [
    [0, 0, 1, 1],
    [0, 0, 1, 0.9],
    [2, 2, 3, 3],
  ];

  it('gives as many boxes as do not overlap', async () => {
    const { stage, results } = await through(boxesGraph(boxes), [[0.5, 0.5]], { output: 'scaled' });
    expect(stage.asynchronous).toBeDefined();
    expect(results[0]).toEqual([
      [2, 2, 3, 3],
      [0, 0, 1, expect.closeTo(0.9, 6)],
    ]);
    await expectNothingLeft();
  });

  it('of too many boxes is refused before any is compared', async () => {
    const many = Array.from({ length: 2 ** 17 + 1 }, (_, i) => [i, i, i + 1, i + 1]);
    await expect(graphModel(boxesGraph(many), { ...SHAPE, output: 'scaled' })).rejects.toThrow(
      /compares 131073 boxes with each other \(NonMaxSuppression\), over the limit of 131072/,
    );
  });

  it('of too many boxes that the model computes, too', async () => {
    const [json, weights] = boxesGraph(boxes) as [File, File];
    const graph = JSON.parse(await json.text()) as { modelTopology: { node: { name: string; input: string[] }[] } };
    graph.modelTopology.node.push({ name: 'large', op: 'Fill', input: ['sizes', 'overlap'], attr: {} } as never);
    graph.modelTopology.node.push({
      name: 'sizes',
      op: 'Const',
      input: [],
      attr: { dtype: { type: 'DT_INT32' } },
    } as never);
    const kept = graph.modelTopology.node.find(({ name }) => name === 'kept');
    if (kept) kept.input[0] = 'large';
    (graph as never as { weightsManifest: { weights: object[] }[] }).weightsManifest[0]?.weights.push({
      name: 'sizes',
      shape: [2],
      dtype: 'int32',
    });
    const more = Buffer.from(Int32Array.of(200_000, 4).buffer);
    const files = [
      new File([JSON.stringify(graph)], 'model.json'),
      new File([await weights.arrayBuffer(), more], 'w.bin'),
    ];
    const failure = graphModel(files, { ...SHAPE, output: 'scaled' });
    await expect(failure).rejects.toThrow(WeightsError);
    await expect(failure).rejects.toThrow(/200000 boxes/);
  });
});

describe('state', () => {
  it('an output is the input of the next frame', async () => {
    const options = { input: 'x', output: 'mean', state: { before: 'after' } };
    const { results } = await through(
      summingGraph(),
      [
        [1, 2],
        [1, 2],
        [10, 0],
      ],
      options,
    );
    expect(results).toEqual([[[0.5, 1]], [[1, 2]], [[6, 2]]]);
    await expectNothingLeft();
  });

  it('begins again with each source and each subscription, with the constant if there is one', async () => {
    const stage = await graphModel(summingGraph(), {
      ...SHAPE,
      output: 'mean',
      state: { before: 'after' },
      constants: { before: [[2, 4]] },
    });
    const one = frames(
      [
        [0, 0],
        [2, 0],
      ],
      'one',
    ).pipe(
      stage,
      map(({ data }) => data.arraySync()),
      toArray(),
    );
    const expected = [[[1, 2]], [[2, 2]]];
    expect(await lastValueFrom(one)).toEqual(expected);
    expect(
      await lastValueFrom(
        frames(
          [
            [0, 0],
            [2, 0],
          ],
          'one',
        ).pipe(
          stage,
          map(({ data }) => data.arraySync()),
          toArray(),
        ),
      ),
    ).toEqual(expected);
    await expectNothingLeft();
  });

  it.each([
    [{ state: { nowhere: 'after' } }, /has no input nowhere \(state\); it has x, before/],
    [{ state: { before: 7 } }, /state names outputs, not 7/],
    [{ state: { before: 'nowhere' }, output: 'mean' }, /nowhere/],
  ])('refuses %j', async (options, message) => {
    await expect(graphModel(summingGraph(), { ...SHAPE, ...(options as GraphModelOptions) })).rejects.toThrow(message);
  });
});

describe('several outputs', () => {
  it('are listed with their shapes where none is chosen', async () => {
    await expect(graphModel(twoOutputs(), SHAPE)).rejects.toThrow(
      /has 2 outputs \(sum \[1, 2\], total \[\]\): give output \(--output\)/,
    );
  });

  it('come by their names, computed together', async () => {
    const { results } = await through(twoOutputs(), [[1, 2]], { output: ['total', 'sum'] });
    expect(results).toEqual([{ total: 3, sum: [[2, 4]] }]);
    await expectNothingLeft();
  });

  it('a list of one stays a list', async () => {
    const { results } = await through(twoOutputs(), [[1, 2]], { output: ['sum'] });
    expect(results).toEqual([{ sum: [[2, 4]] }]);
  });
});

/** `sum`, twice the input, and `total`, the sum of its values. */
function twoOutputs(): File[] {
  const T = { T: { type: 'DT_FLOAT' } };
  return graphOf(
    [
      { name: 'sum', op: 'AddV2', input: ['x', 'x'], attr: T },
      { name: 'total', op: 'Sum', input: ['x', 'axes'], attr: { ...T, Tidx: { type: 'DT_INT32' } } },
    ],
    { axes: { shape: [2], data: [0, 1], dtype: 'int32' } },
  );
}

describe('constants', () => {
  it.each([
    ['a number fills the declared shape', 3, [[4, 5]]],
    ['nested lists', [[10, 20]], [[11, 22]]],
    ['true is 1', true, [[2, 3]]],
  ])('%s', async (_, before, expected) => {
    const { results } = await through(summingGraph(), [[1, 2]], { output: 'after', constants: { before } });
    expect(results).toEqual([expected]);
  });

  it('of a shape that does not fit is an error', async () => {
    const wrong = graphModel(summingGraph(), { ...SHAPE, output: 'after', constants: { before: [[1, 2, 3]] } });
    await expect(wrong).rejects.toThrow(/before/);
  });
});
