import type * as tf from '@tensorflow/tfjs-core';
import { map, take, toArray } from 'rxjs';
import {
  activation,
  frameSource,
  avgPool,
  classify,
  conv2d,
  markDelivered,
  flatten,
  normalize,
  pipeline,
  softmax,
  useEngine,
  type AnyStage,
  type Frame,
} from 'sluice';
import { describe, expect, it, test } from 'vitest';
import { closedAccount, idle, run } from '../support/balance.ts';
import { arrivals, failing, frames } from '../support/frames.ts';
import {
  faults,
  plusOne,
  twice,
  values,
  nothingLeft,
  gridsOf,
  seen,
  type Picture,
} from '../support/counted-onnxruntime.ts';

describe('what goes wrong', () => {
  it('a run that fails loses its frame; under skip the others come, in order', async () => {
    faults.run = (n) => n === 2;
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
    faults.run = (n) => n === 3;
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
    faults.open = true;
    const source = frames(2, { onError: 'skip' });
    const { error } = await nothingLeft(() => run(source.pipe(pipeline(options, plusOne('a'), plusOne('b')))));
    expect(error).toMatchObject({
      code: 'engine',
      message: 'ONNX Runtime cannot load the graph of a … b: no session today',
    });
  });

  it('a warm-up that fails ends the stream before the source is asked', async () => {
    faults.run = () => true;
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
    expect(seen.opened).toBe(1 + 1 + 2);
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
