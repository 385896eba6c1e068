import type * as tf from '@tensorflow/tfjs-core';
import { array, assert, asyncProperty, integer, record } from 'fast-check';
import { concat, EMPTY, filter, map, merge, NEVER, Observable, of, share, take, throwError } from 'rxjs';
import {
  frameSource,
  markDelivered,
  Frame,
  FrameReleasedError,
  inOrder,
  OptionError,
  StallError,
  useEngine,
  zipLatest,
  type FrameSourceOptions,
  type Arrival,
  type Source,
  type ZipLatestOptions,
} from 'sluice';
import { fakeCamera, inVirtualTime, type VirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, double, failing, frames } from '../../support/frames.ts';

beforeAll(() => useEngine('wasm'));

type Pair = Frame<readonly [tf.Tensor4D, tf.Tensor4D]>;

/** Frames that come at these times (ms, virtual); `late`: so much after their timestamp. */
function camera(
  time: VirtualTime,
  at: readonly number[],
  options: Partial<FrameSourceOptions> & { late?: number } = {},
): Source<tf.Tensor4D> {
  const { late = 0, ...rest } = options;
  const arrivals = new Observable<Arrival<tf.Tensor4D>>((subscriber) => {
    const callOffs = at.map((ms, k) =>
      time.after(ms + late, () => subscriber.next({ ...arrival(k), timestamp: Math.round(ms * 1000) })),
    );
    callOffs.push(time.after((at.at(-1) ?? 0) + late, () => subscriber.complete()));
    return () => callOffs.forEach((callOff) => callOff());
  });
  return frameSource(arrivals, { source: 'camera', ...rest });
}

const steady = (fps: number, seconds: number, from = 0): number[] =>
  Array.from({ length: Math.round(fps * seconds) }, (_, n) => from + (n * 1000) / fps);

/** The times (ms) of the frames of each pair, in the order they came; nothing is left, and everything accounted for. */
async function pairsOf(
  left: readonly number[],
  right: readonly number[],
  options: ZipLatestOptions & { late?: number } & Partial<FrameSourceOptions> = {},
): Promise<[number, number][]> {
  const { tolerance, late = 0, ...admission } = options;
  const pairs: [number, number][] = [];
  await leakFree(() =>
    inVirtualTime(async (time) => {
      const [a, b] = [camera(time, left, admission), camera(time, right, { ...admission, late })];
      const zipped = zipLatest(a, b, tolerance === undefined ? {} : { tolerance });
      await run(
        zipped.pipe(
          markDelivered(),
          map(({ data: [x, y] }: Pair) =>
            pairs.push([left[x.dataSync()[0] ?? NaN] ?? NaN, right[y.dataSync()[0] ?? NaN] ?? NaN]),
          ),
        ),
      );
      expect(closedAccount(a)['delivered']).toBe(pairs.length);
      expect(closedAccount(b)['delivered']).toBe(pairs.length);
    }),
  );
  return pairs;
}

describe('two cameras', () => {
  it('of the same rate, a little apart: every frame finds its partner', async () => {
    const [left, right] = [steady(30, 1), steady(30, 1, 7)];
    expect(await pairsOf(left, right)).toEqual(left.map((at, n) => [at, right[n]]));
    expect(await pairsOf(right, left)).toEqual(left.map((at, n) => [right[n], at]));
  });

  it('at the very same moments', async () => {
    const at = steady(10, 1);
    expect(await pairsOf(at, at, { tolerance: 0 })).toEqual(at.map((ms) => [ms, ms]));
  });

  it('at different rates: as many pairs as the slower one has frames', async () => {
    const [left, right] = [steady(30, 2), steady(10, 2, 2)];
    const pairs = await pairsOf(left, right);
    expect(pairs).toEqual(right.map((at, n) => [left[3 * n], at]));
  });

  it('with jitter: within tolerance, or not at all', async () => {
    expect(await pairsOf([0, 35, 60, 100], [3, 30, 85, 104], { tolerance: 10 })).toEqual([
      [0, 3],
      [35, 30],
      [100, 104],
    ]);
  });

  it.each([
    [20, 20, 1],
    [20, 19.999, 0],
    [20.001, 20, 0],
  ])('%f ms apart, tolerance %f: %i pairs', async (apart, tolerance, expected) => {
    expect(await pairsOf([0], [apart], { tolerance })).toHaveLength(expected);
    expect(await pairsOf([apart], [0], { tolerance })).toHaveLength(expected);
  });

  it('20 ms unless said otherwise', async () => {
    expect(await pairsOf([0, 100], [20, 121])).toEqual([[0, 20]]);
  });

  it('one that comes late, by less than its interval', async () => {
    const at = steady(10, 1);
    expect(await pairsOf(at, at, { late: 60 })).toEqual(at.map((ms) => [ms, ms]));
  });

  it('on clocks that have nothing to do with each other: no pairs, and nothing is left', async () => {
    expect(await pairsOf(steady(10, 1), steady(10, 1, 50_000))).toEqual([]);
  });

  it('one stalls: the other goes on, and waits for it with its newest frame', async () => {
    const left = steady(10, 2);
    const right = [...steady(10, 0.5), 1900];
    const pairs = await pairsOf(left, right, { maxInFlight: 2 });
    expect(pairs).toEqual([...right.slice(0, 5).map((at) => [at, at]), [1900, 1900]]);
  });

  it('one stalls and the other may have one frame in flight: that is told', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const left = camera(time, steady(10, 100), { leaseTimeout: 3000 });
        const { error } = await run(zipLatest(left, merge(camera(time, [0]), NEVER)));
        expect(error).toBeInstanceOf(StallError);
        expect(String(error)).toMatch(/held by zipLatest/);
        closedAccount(left);
      }),
    );
  });
});

describe('a pair', () => {
  it('has the label and the trace of its first frame', async () => {
    await leakFree(async () => {
      const [left, right] = [
        frames(3, { maxInFlight: 1, source: 'left' }),
        frames(3, { maxInFlight: 1, source: 'right' }),
      ];
      const { values } = await run(
        zipLatest(left.pipe(double('one')), right.pipe(double('two'))).pipe(
          map((pair) => [
            pair.label.source,
            pair.label.seq,
            pair.timings.map(({ stage }) => stage).join(),
            pair.latencyMs >= 0,
          ]),
        ),
      );
      expect(values).toEqual([0, 1, 2].map((seq) => ['left', seq, 'one', true]));
    });
  });

  it('may be kept: both frames live as long as it does', async () => {
    await leakFree(async () => {
      const [left, right] = [frames(3, { maxInFlight: 1 }), frames(3, { maxInFlight: 1 })];
      const sum = inOrder(1, async ({ data: [a, b] }: Pair) => {
        await idle();
        return (a.dataSync()[0] ?? NaN) + (b.dataSync()[0] ?? NaN);
      });
      const { values } = await run(zipLatest(left, right).pipe(sum));
      expect(values).toEqual([0, 2, 4]);
      expect(closedAccount(left)).toMatchObject({ delivered: 3 });
      expect(closedAccount(right)).toMatchObject({ delivered: 3 });
    });
  });

  it('fails for both, and goes on where both say so', async () => {
    await leakFree(async () => {
      const options = { maxInFlight: 1, onError: 'skip' } as const;
      const [left, right] = [frames(3, options), frames(3, options)];
      const work = inOrder(1, async ({ label }: Pair) => {
        if (label.seq === 1) throw new Error('no');
        return label.seq;
      });
      const { values } = await run(zipLatest(left, right).pipe(work));
      expect(values).toEqual([0, 2]);
      for (const source of [left, right]) expect(closedAccount(source)).toMatchObject({ delivered: 2, failed: 1 });
    });
  });

  it('of one stream with itself', async () => {
    await leakFree(async () => {
      const shared = frames(3).pipe(share());
      const { values } = await run(zipLatest(shared, shared).pipe(map(({ data: [a, b] }) => a === b)));
      expect(values).toEqual([true, true, true]);
    });
  });
});

describe('the end', () => {
  it('comes when one has ended and has no frame left to pair', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const [left, right] = [camera(time, [0, 100]), camera(time, steady(10, 5))];
        const { values, completed } = await run(zipLatest(left, right).pipe(map(({ label }) => label.seq)));
        expect([values, completed]).toEqual([[0, 1], true]);
        expect(time.now()).toBeLessThan(201);
        await time.run();
        closedAccount(left);
        closedAccount(right);
      }),
    );
  });

  it('waits for the partner of the last frame', async () => {
    // The first camera has ended when the second one brings what belongs to its last frame.
    expect(await pairsOf([0, 100], [5, 110, 210, 310])).toEqual([
      [0, 5],
      [100, 110],
    ]);
    expect(await pairsOf([5, 110, 210, 310], [0, 100])).toEqual([
      [5, 0],
      [110, 100],
    ]);
  });

  it('does not wait once it can’t come', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const [left, right] = [camera(time, [0, 100]), camera(time, [5, 150, 250, 1000])];
        await run(zipLatest(left, right));
        expect(time.now()).toBe(150);
        closedAccount(left);
        closedAccount(right);
      }),
    );
  });

  it.each<[string, Observable<Frame<tf.Tensor4D>>]>([
    ['an empty one', EMPTY],
    ['one without frames', frames(0)],
  ])('%s ends it at once', async (_, empty) => {
    await leakFree(async () => {
      const source = frames(5);
      expect(await run(zipLatest(empty, source))).toEqual({ values: [], completed: true });
      expect(await run(zipLatest(source, empty))).toMatchObject({ values: [], completed: true });
      await idle();
      closedAccount(source);
    });
  });

  it.each(['first', 'second'])('an error of the %s ends both', async (which) => {
    await leakFree(async () => {
      const good = merge(frames(1), NEVER);
      const bad = concat(
        frames(1).pipe(filter(() => false)),
        throwError(() => new Error('torn')),
      );
      const { error } = await run(which === 'first' ? zipLatest(bad, good) : zipLatest(good, bad));
      expect(String(error)).toBe('Error: torn');
      await idle();
    });
  });

  it('a stage that fails on one of them', async () => {
    await leakFree(async () => {
      const left = frames(4, { maxInFlight: 1, onError: 'skip' });
      const right = frames(4, { maxInFlight: 1 });
      const { values } = await run(zipLatest(left.pipe(failing(1)), right).pipe(map(({ label }) => label.seq)));
      expect(values).toEqual([0, 2, 3]);
      expect(closedAccount(left)).toMatchObject({ failed: 1 });
      expect(closedAccount(right)).toMatchObject({ produced: 4, discarded: 4 });
    });
  });

  it('take, and unsubscribing while one waits', async () => {
    await leakFree(async () => {
      const [left, right] = [frames(9, { maxInFlight: 1 }), frames(9, { maxInFlight: 1 })];
      expect((await run(zipLatest(left, right).pipe(take(2)))).values).toHaveLength(2);
      const subscription = zipLatest(left, NEVER).subscribe();
      await idle();
      expect(left.ledger.counts.inFlight).toBe(1);
      subscription.unsubscribe();
      await idle();
      closedAccount(left);
      closedAccount(right);
    });
  });

  it('a synchronous stream without end', async () => {
    await leakFree(async () => {
      let came = 0;
      const endless = new Observable<Frame<tf.Tensor4D>>((subscriber) => {
        for (; !subscriber.closed && came < 1000; came++) {
          const frame = Frame.of(arrival(came).data, { source: 'test', seq: came, timestamp: came * 1000 });
          subscriber.next(frame);
          frame.release();
        }
      });
      const partner = Frame.of(arrival(0).data, { source: 'other', seq: 0, timestamp: 5000 });
      // Its partner ends at once, and has found its own in the sixth frame.
      expect((await run(zipLatest(of(partner), endless, { tolerance: 0 }))).values).toHaveLength(1);
      expect(came).toBe(6);
      partner.release();
    });
  });
});

describe('misuse', () => {
  it('a frame that is not alive: the one that waited is let go', async () => {
    await leakFree(async () => {
      const live = Frame.of(arrival(0).data, { source: 'a', seq: 0, timestamp: 0 });
      const dead = Frame.of(arrival(0).data, { source: 'b', seq: 0, timestamp: 0 });
      dead.release();
      const { error } = await run(zipLatest(merge(of(live), NEVER), of(dead)));
      expect(error).toBeInstanceOf(FrameReleasedError);
      expect(error).toMatchObject({ frame: { source: 'b' } });
      live.release();
    });
  });

  it.each([-1, NaN, '20', null])('tolerance %j is refused at once', (tolerance) => {
    const make = () => zipLatest(EMPTY, EMPTY, { tolerance: tolerance as number });
    expect(make).toThrow(OptionError);
    expect(make).toThrow(/zipLatest: tolerance must be a number of ms/);
  });
});

it('whatever comes when: pairs are near enough, no frame is used twice, and time goes on', async () => {
  const times = array(integer({ min: 1, max: 60 }), { maxLength: 25 }).map((gaps) => {
    let now = 0;
    return gaps.map((gap) => (now += gap));
  });
  const limits = record({
    tolerance: integer({ min: 0, max: 30 }),
    late: integer({ min: 0, max: 50 }),
    maxInFlight: integer({ min: 1, max: 3 }),
  });
  await assert(
    asyncProperty(times, times, limits, async (left, right, options) => {
      const pairs = await pairsOf(left, right, options);
      for (const [a, b] of pairs) expect(Math.abs(a - b)).toBeLessThanOrEqual(options.tolerance);
      for (const side of [0, 1] as const) {
        const used = pairs.map((pair) => pair[side]);
        expect(used).toEqual(used.toSorted((x, y) => x - y));
        expect(new Set(used).size).toBe(used.length);
      }
    }),
    { numRuns: 200 },
  );
});

it('cameras that never stop, in step: all pairs of a minute', async () => {
  await leakFree(() =>
    inVirtualTime(async () => {
      const data = (): tf.Tensor4D => arrival(1).data;
      const make = () => frameSource(fakeCamera({ fps: 30, seconds: 60, data }), { source: 'camera' });
      const [left, right] = [make(), make()];
      const { values } = await run(
        zipLatest(left, right).pipe(
          markDelivered(),
          map(({ label }) => label.seq),
        ),
      );
      expect(values).toHaveLength(1800);
      expect(closedAccount(left)).toMatchObject({ delivered: 1800 });
    }),
  );
});
