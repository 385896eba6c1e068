import * as tf from '@tensorflow/tfjs-core';
import { filter, map, share, tap, toArray } from 'rxjs';
import type { Frame } from 'sluice';
import {
  frameSource,
  batch,
  classify,
  conv2d,
  markDelivered,
  dense,
  flatten,
  OptionError,
  pipeline,
  softmax,
  unbatch,
  useEngine,
  type Arrival,
  type BatchOptions,
} from 'sluice';
import { fakeCamera, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run } from '../../support/balance.ts';
import { arrival, double, frames, valueOf } from '../../support/frames.ts';
import { type Tensors, type TensorFrame, through, sizes, numbers } from '../../support/batched.ts';

beforeAll(() => useEngine('wasm'));

describe('batch', () => {
  it.each([
    [1, 3, [1, 1, 1]],
    [2, 6, [2, 2, 2]],
    [3, 7, [3, 3, 1]],
    [7, 7, [7]],
    [8, 7, [7]],
    [4, 0, []],
  ])('of %i: %i frames go as %j', async (size, count, expected) => {
    const { values, completed } = await through((source) => source.pipe(batch({ size }), sizes), { count });
    expect([values, completed]).toEqual([expected, true]);
  });

  it('holds the frames in order, labelled as the first of them', async () => {
    const { values } = await through((source) =>
      source.pipe(
        batch({ size: 3 }),
        map(({ label, data }) => [label.seq, ...data.dataSync()]),
      ),
    );
    expect(values).toEqual([
      [0, 0, 0, 1, 1, 2, 2],
      [3, 3, 3, 4, 4, 5, 5],
      [6, 6, 6],
    ]);
  });

  it('a frame of another shape, or type, sends on what there is', async () => {
    const make = (k: number): tf.Tensor4D =>
      k < 2 ? tf.ones([1, 2, 2, 1]) : k < 5 ? tf.ones([1, 3, 2, 1]) : tf.ones<tf.Rank.R4>([1, 3, 2, 1], 'int32');
    await leakFree(async () => {
      const list = function* (): Generator<Arrival<tf.Tensor4D>> {
        for (let k = 0; k < 7; k++) yield { data: make(k), timestamp: k };
      };
      const source = frameSource(list(), { source: 'test', maxInFlight: 4 });
      const described = map((frame: TensorFrame) => `${frame.data.shape.join('×')} ${frame.data.dtype}`);
      const { values } = await run(source.pipe(batch({ size: 4 }), described));
      expect(values).toEqual(['2×2×2×1 float32', '3×3×2×1 float32', '2×3×2×1 int32']);
      expect(closedAccount(source)).toMatchObject({ produced: 7, discarded: 7 });
    });
  });

  it.each([
    ['is discarded where nothing delivers', (source: Tensors) => source.pipe(batch({ size: 3 })), { discarded: 7 }],
    [
      'delivers all of its frames',
      (source: Tensors) => source.pipe(batch({ size: 3 }), markDelivered()),
      { delivered: 7 },
    ],
    [
      'delivers those of the batches that arrive',
      (source: Tensors) =>
        source.pipe(
          batch({ size: 3 }),
          filter(({ label }) => label.seq === 3),
          markDelivered(),
        ),
      { delivered: 3, discarded: 4 },
    ],
  ])('%s', async (_, pipe, expected) => {
    const { account } = await through<unknown>(pipe);
    expect(account).toMatchObject({ produced: 7, delivered: 0, discarded: 0, failed: 0, ...expected });
  });
});

describe('batch … unbatch', () => {
  it('gives the numbers that each frame alone gives, bit by bit, on any engine', async () => {
    const net = pipeline(
      conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu', seed: 1 }),
      flatten(),
      dense({ units: 4, seed: 2 }),
      softmax(),
    );
    const picture = (k: number): Arrival<tf.Tensor4D> => ({
      data: tf.randomUniform<tf.Rank.R4>([1, 6, 6, 2], -1, 1, 'float32', k),
      timestamp: k,
    });
    const source = () => frameSource([0, 1, 2, 3, 4].map(picture), { source: 'test', maxInFlight: 4 });
    const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
    for (const engine of ['wasm', 'cpu'] as const) {
      await useEngine(engine);
      await leakFree(async () => {
        const alone = await run(source().pipe(net, read));
        const together = await run(source().pipe(batch({ size: 4 }), net, unbatch(), read));
        expect(alone.values).toHaveLength(5);
        expect(together.values).toEqual(alone.values);
      });
    }
    await useEngine('wasm');
  });

  it('gives every frame its own label and lease back, in order', async () => {
    const leases = new Set<unknown>();
    const { values, account } = await through((source) =>
      source.pipe(
        batch({ size: 3 }),
        double(),
        unbatch(),
        tap((frame) => leases.add(frame.lease)),
        numbers,
      ),
    );
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => [k, 2 * k]));
    expect(leases.size).toBe(7);
    expect(account).toMatchObject({ discarded: 7 });
  });

  it('each frame has its own fate after it', async () => {
    const { account } = await through((source) =>
      source.pipe(
        batch({ size: 4 }),
        double(),
        unbatch(),
        filter(({ label }) => label.seq % 2 === 0),
        markDelivered(),
      ),
    );
    expect(account).toEqual({ produced: 7, delivered: 4, discarded: 3, failed: 0 });
  });

  it('can be classified', async () => {
    const { values } = await through((source) => source.pipe(batch({ size: 4 }), flatten(), unbatch(), classify()));
    expect(values.map(({ seq, classes }) => [seq, classes[0]?.score])).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((k) => [k, k]),
    );
  });

  it('a frame may be kept longer than its batch', async () => {
    const { values } = await through((source) =>
      source.pipe(
        batch({ size: 3 }),
        unbatch(),
        tap((frame) => frame.retain()),
        toArray(),
        map((kept) =>
          kept.map((frame) => {
            const value = valueOf(frame);
            frame.release();
            return value;
          }),
        ),
      ),
    );
    expect(values).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
  });

  it('may be followed by another', async () => {
    const { values } = await through((source) =>
      source.pipe(batch({ size: 2 }), double(), unbatch(), batch({ size: 3 }), double(), unbatch(), numbers),
    );
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => [k, 4 * k]));
  });

  it('two subscribers each have their own batches; those of a shared source too', async () => {
    await leakFree(async () => {
      const source = frames(5, { maxInFlight: 8 });
      const together = source.pipe(batch({ size: 2 }), sizes);
      const [a, b] = await Promise.all([run(together), run(together)]);
      expect([a.values, b.values]).toEqual([
        [2, 2, 1],
        [2, 2, 1],
      ]);
      const shared = source.pipe(share());
      const [c, d] = await Promise.all([
        run(shared.pipe(batch({ size: 2 }), double(), unbatch(), numbers)),
        run(shared.pipe(batch({ size: 3 }), sizes)),
      ]);
      expect(c.values).toEqual([0, 1, 2, 3, 4].map((k) => [k, 2 * k]));
      expect(d.values).toEqual([3, 2]);
      expect(closedAccount(source)).toMatchObject({ produced: 15, discarded: 15 });
    });
  });
});

describe("a batch's traces", () => {
  const at = (ms: number, n: number): number[] => Array.from({ length: n }, () => ms);

  /** A camera of 100 frames/s: one each 10 ms; the stage takes no (virtual) time. */
  const traces = (profile?: { every: number }) =>
    leakFree(() =>
      inVirtualTime(async () => {
        const data = (k: number): tf.Tensor4D => arrival(k).data;
        const source = frameSource(fakeCamera({ fps: 100, seconds: 0.08, data }), {
          source: 'camera',
          maxInFlight: 8,
          ...(profile ? { profile } : {}),
        });
        const { values } = await run(
          source.pipe(double('before'), batch({ size: 4 }), flatten(), unbatch(), takes(1), classify()),
        );
        return values;
      }),
    );

  it('have what came before, the batch with how many it was, and what came after', async () => {
    const results = await traces();
    expect(results.map(({ timings }) => timings.map(({ stage }) => stage))).toEqual(
      at(0, 8).map(() => ['before', 'flatten', 'classify']),
    );
    expect(results.map(({ timings }) => timings.map(({ batch: n }) => n))).toEqual(
      at(0, 8).map(() => [undefined, 4, undefined]),
    );
  });

  it('count the time in the batch as waiting, for each frame its own', async () => {
    const results = await traces();
    expect(results.map(({ timings }) => timings[1]?.waitMs)).toEqual([30, 20, 10, 0, 30, 20, 10, 0]);
    expect(results.map(({ timings }) => timings[1]?.startMs)).toEqual([...at(30, 4), ...at(70, 4)]);
    // takes(1) does one at a time.
    expect(results.map(({ latencyMs }) => Math.round(latencyMs))).toEqual([31, 22, 13, 4, 31, 22, 13, 4]);
  });

  it('are empty for frames that are not timed, also when others of the batch are', async () => {
    const results = await traces({ every: 3 });
    const timed = results.filter(({ timings }) => timings.length > 0);
    expect(timed.map(({ seq, timings }) => [seq, timings.length])).toEqual([
      [0, 3],
      [3, 3],
      [6, 3],
    ]);
    expect(timed.map(({ timings }) => timings[1]?.waitMs)).toEqual([30, 0, 10]);
    expect((await traces({ every: Infinity })).every(({ timings }) => timings.length === 0)).toBe(true);
    expect(results.map(({ latencyMs }) => Math.round(latencyMs))).toEqual([31, 22, 13, 4, 31, 22, 13, 4]);
  });
});

it.each<[unknown, RegExp]>([
  [{ size: 0 }, /size must be a whole number of at least 1, not 0/],
  [{ size: 2.5 }, /not 2.5/],
  [{ size: '4' }, /not "4"/],
  [{}, /not undefined/],
  [{ size: Infinity }, /not Infinity/],
  [{ size: 2, maxWait: 0 }, /maxWait must be a number of ms over 0, not 0/],
  [{ size: 2, maxWait: -1 }, /not -1/],
  [{ size: 2, maxWait: NaN }, /not NaN/],
  [{ size: 2, maxWait: '10' }, /not "10"/],
])('batch refuses %j at once', (options, message) => {
  expect(() => batch(options as BatchOptions)).toThrow(OptionError);
  expect(() => batch(options as BatchOptions)).toThrow(message);
});
