import * as tf from '@tensorflow/tfjs-core';
import { map, Subject, tap, type Observable } from 'rxjs';
import {
  activation,
  frameSource,
  batch,
  classify,
  concatenate,
  conv2d,
  markDelivered,
  dense,
  flatten,
  globalAvgPool,
  pipeline,
  preprocess,
  residual,
  softmax,
  stage,
  tapActivations,
  timingReport,
  unbatch,
  warmUps,
  type Frame,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { closedAccount, idle, run } from '../support/balance.ts';
import { randomGrid } from '../support/compute.ts';
import { frames } from '../support/frames.ts';
import {
  seen,
  type Picture,
  plusOne,
  twice,
  values,
  traces,
  names,
  nothingLeft,
  type Shape4D,
  gridsOf,
} from '../support/counted-onnxruntime.ts';

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
  it('that change make another graph; those that come again find theirs', async () => {
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
    expect(seen.opened).toBe(2);
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
