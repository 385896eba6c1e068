import * as tf from '@tensorflow/tfjs-core';
import * as onnxruntime from 'onnxruntime-node';
import { map, Subject, take, tap, toArray, type Observable } from 'rxjs';
import {
  activation,
  frameSource,
  avgPool,
  batch,
  classify,
  concatenate,
  conv2d,
  markDelivered,
  dense,
  flatten,
  globalAvgPool,
  normalize,
  pipeline,
  preprocess,
  residual,
  softmax,
  stage,
  tapActivations,
  timingReport,
  unbatch,
  useEngine,
  warmUps,
  type AnyStage,
  type Arrival,
  type Frame,
  type Shape,
  type Stage,
  type StageTiming,
} from 'sluice';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../support/balance.ts';
import { randomGrid } from '../support/compute.ts';
import { arrivals, failing, frames, valueOf } from '../support/frames.ts';

/** ONNX Runtime itself, with what it is asked for counted, and made to fail when a test wants that. */
const real = onnxruntime;
const seen = { opened: 0, released: 0, runs: 0 };
let fails: (run: number) => boolean;
let failsToOpen: boolean;
const runtime = {
  Tensor: real.Tensor,
  InferenceSession: {
    async create(...given: [Uint8Array, object?]) {
      if (failsToOpen) throw new Error('no session today');
      const session = await real.InferenceSession.create(...given);
      seen.opened++;
      return {
        run: (inputs: never) => (fails(++seen.runs) ? Promise.reject(new Error('it failed')) : session.run(inputs)),
        release: () => (seen.released++, session.release()),
      };
    },
  },
};

beforeEach(async () => {
  fails = () => false;
  failsToOpen = false;
  await useEngine('onnxruntime', { runtime: runtime, threads: 1 });
  Object.assign(seen, { opened: 0, released: 0, runs: 0 });
});

type Shape4D = [number, number, number, number];
type Picture = Stage<tf.Tensor4D, tf.Tensor4D>;

/** x + 1 by ONNX Runtime; `name` for each. */
function plusOne(name: string): Picture {
  return conv2d({
    name,
    filters: 2,
    kernelSize: 1,
    weights: {
      kernel: [
        [
          [
            [1, 0],
            [0, 1],
          ],
        ],
      ],
      bias: [1, 1],
    },
  });
}

/** x · 2 by tfjs. */
function twice(name = 'twice'): Picture {
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'twice', name },
    outputShape: (input) => input,
    kernel: () => (x) => tf.mul(x, 2),
  });
}

const values = () => map((frame: Frame<tf.Tensor>) => valueOf(frame));
const traces = () => map((frame: Frame<tf.Tensor>): StageTiming[] => frame.timings);
const names = (trace: readonly StageTiming[] = []) => trace.map((entry) => entry.stage);

/** Everything that was opened is closed again, tensors included. */
async function nothingLeft<T>(body: () => Promise<T>): Promise<T> {
  const result = await leakFree(body);
  await idle();
  expect(seen.released, 'sessions released').toBe(seen.opened);
  return result;
}

function gridsOf(shapes: readonly Shape[], data?: readonly number[]): Arrival<tf.Tensor4D>[] {
  return shapes.map((shape, i) => ({
    data: tf.tensor<tf.Rank.R4>([...(data ?? randomGrid(shape, i + 1).data)], [...shape] as Shape4D),
    timestamp: i,
  }));
}

describe('a chain is cut where onnxruntime can go no further', () => {
  it('sluice’s own stages in a row are one graph, others stay on tfjs in between', async () => {
    await nothingLeft(async () => {
      const { values: numbers } = await run(
        frames(3).pipe(plusOne('a'), plusOne('b'), twice('c'), plusOne('d'), values()),
      );
      expect(numbers).toEqual([5, 7, 9]);
    });
    expect(seen.opened).toBe(2 + 2);
  });

  it.each<[string, (source: Observable<Frame<tf.Tensor4D>>) => Observable<Frame<tf.Tensor>>]>([
    ['pipe(a, b, c, d)', (source) => source.pipe(plusOne('a'), twice('b'), plusOne('c'), plusOne('d'))],
    [
      'pipe(pipeline(a, b, c, d))',
      (source) => source.pipe(pipeline(plusOne('a'), twice('b'), plusOne('c'), plusOne('d'))),
    ],
    [
      'with a declared shape',
      (source) =>
        source.pipe(pipeline({ inputShape: [1, 1, 1, 2] }, plusOne('a'), twice('b'), plusOne('c'), plusOne('d'))),
    ],
  ])('%s: the same numbers and the same trace', async (_name, pipe) => {
    const { values: passes } = await nothingLeft(() => run(pipe(frames(2)).pipe(traces())));
    expect(names(passes[0])).toEqual(['a', 'b', 'c … d']);
    const { values: numbers } = await run(pipe(frames(3)).pipe(values()));
    expect(numbers).toEqual([4, 6, 8]);
  });

  it('all of them tfjs’s: nothing is asked of onnxruntime, and results come within next', async () => {
    let within = false;
    const source = new Subject<Frame<tf.Tensor4D>>();
    source.pipe(twice()).subscribe(() => (within = true));
    await idle();
    await run(frames(1).pipe(tap((frame) => source.next(frame))));
    expect(within).toBe(true);
    expect(seen.opened).toBe(0);
  });

  it('a composite with a stage of one’s own in it is tfjs’s as a whole', async () => {
    const mixed = residual(plusOne('a'), twice('b'));
    const pure = concatenate(plusOne('a'), pipeline(plusOne('b'), plusOne('c')) as Picture);
    const { values: passes } = await nothingLeft(() => run(frames(1).pipe(mixed, pure, traces())));
    expect(names(passes[0])).toEqual(['residual', 'concatenate']);
    expect(seen.opened).toBe(1);
  });

  it('pictures are ours to prepare, and labels come out', async () => {
    const net = pipeline(
      { inputShape: [1, 8, 8, 3] },
      conv2d({ filters: 4, kernelSize: 3, seed: 1, activation: 'relu' }),
      globalAvgPool(),
      softmax(),
    );
    const pixels = { width: 16, height: 12, channels: 3, data: new Uint8Array(16 * 12 * 3).fill(7) } as const;
    const source = frameSource([{ data: pixels, timestamp: 0 }], { source: 'picture' });
    const size = preprocess({ width: 8, height: 8, range: [-1, 1] });
    const { values: results } = await nothingLeft(() => run(source.pipe(size, net, classify({ top: 1 }))));
    expect(results[0]?.timings.map((entry) => entry.stage)).toEqual(['preprocess', 'conv2d … softmax', 'classify']);
    expect(closedAccount(source)).toEqual({ produced: 1, delivered: 1, discarded: 0, failed: 0 });
  });

  it('a tapped stage is seen, so it is not merged', async () => {
    const tapped = tapActivations(pipeline(plusOne('a'), plusOne('b'), plusOne('c')), { at: 'b' });
    const activations: number[] = [];
    tapped.activations.subscribe((read) => activations.push(read.values[0] ?? NaN));
    const { values: passes } = await nothingLeft(() => run(frames(1).pipe(tapped as unknown as Picture, traces())));
    await idle();
    expect(names(passes[0])).toEqual(['a', 'b', 'c']);
    expect(activations).toEqual([2]);
  });

  it('a stage of one’s own that has the name of one of sluice’s is one’s own', async () => {
    const mine = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'activation', activation: 'relu' },
      outputShape: (input) => input,
      kernel: () => (x) => tf.neg(x),
    });
    const { values: numbers } = await nothingLeft(() => run(frames(3).pipe(mine, values())));
    expect(numbers.map((value) => value + 0)).toEqual([0, -1, -2]);
  });
});

describe('timing', () => {
  const net = () => pipeline(plusOne('a'), plusOne('b'), plusOne('c'));
  const profiled = (count: number, profile: { every: number; deviceEvery?: number }) =>
    run(frames(count, { profile }).pipe(net(), traces()));

  it('is of a whole run; the second frame, and then one in 100, goes stage by stage as well, and says so', async () => {
    const { values: passes } = await nothingLeft(() => run(frames(102).pipe(net(), traces())));
    expect(passes.map((trace) => trace.length)).toEqual(passes.map((_, k) => (k === 1 || k === 100 ? 4 : 1)));
    expect(passes[0]).toMatchObject([{ stage: 'a … c', method: 'synced-wall' }]);
    expect(passes[0]?.[0]?.run).toBeUndefined();
    expect(passes[100]?.[0]?.run).toBeUndefined();
    expect(passes[100]?.slice(1)).toMatchObject(
      ['a', 'b', 'c'].map((name) => ({ stage: name, run: 'a … c', method: 'synced-wall' })),
    );
    for (const { submitMs, deviceMs, waitMs } of passes.flat()) {
      expect(deviceMs).toBe(submitMs);
      expect(Math.min(submitMs, waitMs)).toBeGreaterThanOrEqual(0);
    }
    expect(seen.opened).toBe(1 + 3);
  });

  it('is of every stage where it is asked for, but for the first frame', async () => {
    const { values: passes } = await profiled(4, { every: 1, deviceEvery: 1 });
    expect(passes.map((trace) => trace.length)).toEqual([1, 4, 4, 4]);
  });

  it('of some frames only: those', async () => {
    const { values: passes } = await profiled(8, { every: 2, deviceEvery: 2 });
    expect(passes.map((trace) => trace.length)).toEqual([1, 0, 4, 0, 4, 0, 1, 0]);
  });

  it('never of single stages, without their graphs', async () => {
    const { values: passes } = await profiled(5, { every: 1, deviceEvery: Infinity });
    expect(passes.map((trace) => trace.length)).toEqual([1, 1, 1, 1, 1]);
    expect(seen.opened).toBe(1);
  });

  it('of one stage is that stage’s', async () => {
    const { values: passes } = await run(frames(3).pipe(plusOne('only'), traces()));
    expect(passes.map(names)).toEqual([['only'], ['only'], ['only']]);
  });

  it('does not change the numbers, not by a hair', async () => {
    const net = pipeline(
      conv2d({ filters: 9, kernelSize: 1, seed: 1, activation: 'swish' }),
      globalAvgPool(),
      softmax(),
    );
    const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
    const on = await run(frames(5, { profile: { every: 1, deviceEvery: 1 } }).pipe(net, read));
    const off = await run(frames(5, { profile: { every: Infinity } }).pipe(net, read));
    expect(on.values).toEqual(off.values);
  });

  it('is reported with the stages after their run, whose share they have between them', async () => {
    const results = frames(140).pipe(twice(), net(), markDelivered());
    const { values: reports } = await run(results.pipe(timingReport()));
    const stages = reports.at(-1)?.stages ?? [];
    expect(stages.map((times) => [times.stage, times.run, times.frames])).toEqual([
      ['twice', undefined, 140],
      ['a … c', undefined, 140],
      ...['a', 'b', 'c'].map((name) => [name, 'a … c', 2]),
    ]);
    const share = (of: readonly { share: number }[]) => of.reduce((sum, one) => sum + one.share, 0);
    expect(share(stages.slice(0, 2))).toBeCloseTo(1);
    expect(share(stages.slice(2))).toBeCloseTo(stages[1]?.share ?? NaN);
  });
});

describe('shapes', () => {
  it('that change make another graph; those that come again, too', async () => {
    const shapes = [
      [1, 4, 4, 2],
      [1, 4, 4, 2],
      [1, 6, 3, 2],
      [1, 4, 4, 2],
    ];
    const { values: came } = await nothingLeft(() =>
      run(
        frameSource(gridsOf(shapes), { source: 'test' }).pipe(
          plusOne('a'),
          map(({ data }) => data.shape),
        ),
      ),
    );
    expect(came).toEqual(shapes);
    expect(seen.opened).toBe(3);
  });

  it.each(['float32', 'int32', 'bool'] as const)('stay, and each frame has its own numbers, of %s', async (type) => {
    const { values: numbers } = await nothingLeft(() => {
      function* inputs() {
        for (const [timestamp, value] of [0, 1, 0, 1].entries())
          yield { data: tf.tensor([value, value], [1, 2], type), timestamp };
      }
      return run(frameSource(inputs(), { source: 'test', maxInFlight: 3 }).pipe(activation('sigmoid'), values()));
    });
    expect(numbers.map((value) => Math.round(value * 100))).toEqual([50, 73, 50, 73]);
  });

  it('of batches do not: a graph leaves the batch open', async () => {
    const net = pipeline(
      { inputShape: [1, 4, 4, 2] },
      residual(conv2d({ filters: 2, kernelSize: 3, padding: 'same', seed: 1 })),
      flatten(),
      dense({ units: 3, seed: 2 }),
    );
    const shapes = Array.from({ length: 5 }, () => [1, 4, 4, 2]);
    function* grids() {
      for (const [i, shape] of shapes.entries()) {
        yield { data: tf.tensor<tf.Rank.R4>([...randomGrid(shape, i + 1).data], shape as Shape4D), timestamp: i };
      }
    }
    const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
    const single = await run(frameSource(grids(), { source: 'test' }).pipe(net, read));
    const opened = seen.opened;
    const source = frameSource(grids(), { source: 'test', maxInFlight: 2 });
    const { values: batched } = await nothingLeft(() => run(source.pipe(batch({ size: 2 }), net, unbatch(), read)));
    expect(batched.length).toBe(5);
    batched.flat().forEach((value, i) => expect(value).toBeCloseTo(single.values.flat()[i] ?? NaN, 5));
    expect(single.values[0]).not.toEqual(single.values[1]);
    expect(opened).toBeGreaterThan(0);
  });

  it('that do not fit are a ShapeError before anything is computed', async () => {
    const log: string[] = [];
    const spy = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'spy' },
      outputShape: (input) => input,
      kernel: () => (log.push('built'), (x) => tf.add(x, 0)),
    });
    const source = frames(2, { onError: 'skip' });
    const { values: none, completed } = await nothingLeft(() =>
      run(source.pipe(spy, plusOne('a'), conv2d({ filters: 1, kernelSize: 3, seed: 1 }))),
    );
    expect([none, completed, log, seen.runs]).toEqual([[], true, [], 0]);
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 0, failed: 2 });
    const stopped = await run(frames(2).pipe(plusOne('a'), conv2d({ filters: 1, kernelSize: 3, seed: 1 })));
    expect(stopped.error).toMatchObject({ code: 'shape', stage: 'conv2d', frame: { seq: 0 } });
  });

  it('that a declared pipeline does not have are a ShapeError', async () => {
    const net = pipeline({ inputShape: [1, 4, 4, 2] }, plusOne('a'));
    const { error } = await nothingLeft(() => run(frames(1).pipe(net)));
    expect(error).toMatchObject({ code: 'shape', stage: 'a' });
  });

  it('of a declared pipeline are known, and warmed up for, in every segment; it says how far it is', async () => {
    const told: string[] = [];
    const hearing = warmUps.subscribe(({ stage: name, done, total }) => told.push(`${name} ${done}/${total}`));
    const net = pipeline({ inputShape: [1, 1, 1, 2] }, plusOne('a'), plusOne('b'), twice('c'), plusOne('d'));
    await nothingLeft(() => run(frames(0).pipe(net)));
    hearing.unsubscribe();
    expect(told.toSorted()).toEqual(['a … b 0/1', 'a … b 1/1', 'c 0/1', 'c 1/1', 'd 0/1', 'd 1/1']);
    expect(seen.runs).toBe(2);
  });

  it('what is no tensor is a ShapeError, not a crash', async () => {
    const source = frameSource([{ data: 'text', timestamp: 0 }], { source: 'test' });
    const { error } = await nothingLeft(() => run(source.pipe(plusOne('a') as never)));
    expect(error).toMatchObject({ code: 'shape', message: expect.stringContaining('a needs a tensor') });
  });
});

describe('what goes wrong', () => {
  it('a run that fails loses its frame; under skip the others come, in order', async () => {
    fails = (n) => n === 2;
    const source = frames(4, { onError: 'skip' });
    const failures: unknown[] = [];
    source.failures.subscribe(({ error }) => failures.push(error));
    const { values: numbers, completed } = await nothingLeft(() =>
      run(source.pipe(plusOne('a'), twice('b'), plusOne('c'), markDelivered(), values())),
    );
    expect([numbers.length, completed]).toEqual([3, true]);
    expect(failures).toMatchObject([{ code: 'stage-failed', cause: { message: 'it failed' } }]);
    expect(closedAccount(source)).toEqual({ produced: 4, delivered: 3, discarded: 0, failed: 1 });
  });

  it('under stop it ends the stream, with what came before', async () => {
    fails = (n) => n === 3;
    const source = frames(5);
    const { values: numbers, error } = await nothingLeft(() => run(source.pipe(plusOne('a'), plusOne('b'), values())));
    expect(error).toMatchObject({ code: 'stage-failed' });
    expect(numbers.length).toBeLessThan(3);
  });

  it('a stage of one’s own that fails in between is named', async () => {
    const source = frames(4, { onError: 'skip' });
    const { values: numbers } = await nothingLeft(() =>
      run(source.pipe(plusOne('a'), failing(2), plusOne('b'), values())),
    );
    expect(numbers).toEqual([2, 4, 5]);
    expect(closedAccount(source)).toMatchObject({ failed: 1 });
  });

  it.each([
    ['undeclared', {}],
    ['declared', { inputShape: [1, 1, 1, 2] }],
  ])('weights that are missing end the stream, %s', async (_name, options) => {
    const source = frames(2, { onError: 'skip' });
    const net = pipeline(options, conv2d({ filters: 2, kernelSize: 1 }), softmax());
    const { error } = await nothingLeft(() => run(source.pipe(net)));
    expect(error).toMatchObject({ code: 'weights', stage: 'conv2d' });
  });

  it.each([
    ['undeclared', {}],
    ['declared', { inputShape: [1, 1, 1, 2] }],
  ])('a graph that the runtime cannot load ends the stream, %s', async (_name, options) => {
    failsToOpen = true;
    const source = frames(2, { onError: 'skip' });
    const { error } = await nothingLeft(() => run(source.pipe(pipeline(options, plusOne('a'), plusOne('b')))));
    expect(error).toMatchObject({
      code: 'engine',
      message: 'ONNX Runtime cannot load the graph of a … b: no session today',
    });
  });

  it('a warm-up that fails ends the stream before the source is asked', async () => {
    fails = () => true;
    let asked = false;
    const source = frameSource(
      {
        *[Symbol.iterator]() {
          asked = true;
          yield* arrivals(1);
        },
      },
      { source: 'test' },
    );
    const { error } = await nothingLeft(() => run(source.pipe(pipeline({ inputShape: [1, 1, 1, 2] }, plusOne('a')))));
    expect([asked, (error as Error).message]).toEqual([false, expect.stringContaining('it failed')]);
  });

  it.each(['relu', 'relu6', 'tanh', 'hardSigmoid', 'gelu', 'elu', 'softmax'] as const)(
    'what is no number stays so in %s, as on tfjs’s cpu (its wasm makes it 0 or a bound at times)',
    async (kind) => {
      const net = () => pipeline(normalize({ range: [0, 255] }), activation(kind), avgPool({ poolSize: 2 }));
      const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
      const go = () =>
        run(frameSource(gridsOf([[1, 2, 2, 2]], [NaN, 1, 2, 3, 4, 5, 6, -1]), { source: 'test' }).pipe(net(), read));
      const { values: here } = await nothingLeft(go);
      await useEngine('cpu');
      const { values: there } = await go();
      expect(here[0]?.map(Number.isNaN)).toEqual(there[0]?.map(Number.isNaN));
      expect(here[0]?.[0]).toBeNaN();
    },
  );

  it('scores that are no numbers fail their frame', async () => {
    await nothingLeft(async () => {
      const grids = gridsOf(
        [
          [1, 1, 1, 2],
          [1, 1, 1, 2],
        ],
        [NaN, 1],
      );
      const source = frameSource(grids, { source: 'test', onError: 'skip' });
      const { completed } = await run(source.pipe(plusOne('a'), flatten(), softmax(), classify()));
      expect(completed).toBe(true);
      expect(closedAccount(source)).toMatchObject({ failed: 2 });
    });
  });
});

describe('those who leave', () => {
  it('half-way leave nothing behind, whatever is under way', async () => {
    for (let turns = 0; turns < 12; turns++) {
      await nothingLeft(async () => {
        const source = frames(20, { maxInFlight: 3 });
        const subscription = source.pipe(plusOne('a'), plusOne('b'), twice(), plusOne('c')).subscribe();
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
        subscription.unsubscribe();
        await idle();
        closedAccount(source);
      });
    }
  });

  it('with a graph in the making, too', async () => {
    await nothingLeft(async () => {
      const source = frames(3);
      const net = pipeline({ inputShape: [1, 1, 1, 2] }, plusOne('a'), plusOne('b'));
      source.pipe(net).subscribe().unsubscribe();
      await idle();
      expect(closedAccount(source)).toMatchObject({ delivered: 0 });
    });
  });

  it('with take, in the middle of a frame', async () => {
    await nothingLeft(async () => {
      const source = frames(9, { maxInFlight: 4 });
      const { values: numbers } = await run(source.pipe(plusOne('a'), take(2), markDelivered(), values(), toArray()));
      expect(numbers).toEqual([[1, 2]]);
      await idle();
      closedAccount(source);
    });
  });

  test('ten times over, with every stage timed', async () => {
    const net = pipeline({ inputShape: [1, 1, 1, 2] }, plusOne('a'), twice(), plusOne('b'), plusOne('c'));
    await nothingLeft(async () => {
      for (let k = 0; k < 10; k++) {
        const { values: numbers } = await run(frames(4, { profile: { every: 1, deviceEvery: 1 } }).pipe(net, values()));
        expect(numbers).toEqual([4, 6, 8, 10]);
      }
    });
    expect(seen.opened).toBe(10 * (1 + 1 + 2));
  });

  it('two at once each have their own', async () => {
    const net = pipeline(plusOne('a'), plusOne('b')) as unknown as AnyStage;
    const go = () => run(frames(6).pipe(net as unknown as Picture, values()));
    const both = await nothingLeft(() => Promise.all([go(), go()]));
    expect(both.map((one) => one.values)).toEqual([
      [2, 3, 4, 5, 6, 7],
      [2, 3, 4, 5, 6, 7],
    ]);
  });
});
