import type * as tf from '@tensorflow/tfjs-core';
import { map, take } from 'rxjs';
import { frameSource, markDelivered, useEngine, type Arrival } from 'sluice';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { closedAccount, idle, leakFree, run, watch } from '../../support/balance.ts';
import { arrivals, frames, valueOf } from '../../support/frames.ts';
import { options, closed, forgetClosed, picture, pictures, Desk, keep } from '../../support/pictures.ts';

forgetClosed();

beforeAll(() => useEngine('cpu'));

describe('sources that are pulled', () => {
  it.each([
    ['an array', () => [...arrivals(4)]],
    ['a generator', () => arrivals(4)],
    [
      'an async generator',
      async function* () {
        for (const one of arrivals(4)) yield await Promise.resolve(one);
      },
    ],
    ['a Set', () => new Set(arrivals(4))],
  ])('%s: every frame once and in order', async (_, make) =>
    leakFree(async () => {
      const source = frameSource<tf.Tensor4D>(make(), options);
      const seen = watch(source);
      const { values, completed } = await run(
        source.pipe(
          markDelivered(),
          map((frame) => [frame.label, valueOf(frame)]),
        ),
      );
      expect(values).toEqual([0, 1, 2, 3].map((k) => [{ source: 'test', seq: k, timestamp: k * 40_000 }, k]));
      expect(completed).toBe(true);
      expect(seen.leases()).toBe(1);
      expect(closedAccount(source)).toEqual({ produced: 4, delivered: 4, discarded: 0, failed: 0 });
    }),
  );

  it('no frame comes during subscribe', () => {
    let came = 0;
    const subscription = frames(2).subscribe(() => came++);
    expect(came).toBe(0);
    subscription.unsubscribe();
  });

  it.each([[[]], [(async function* () {})()]])('an empty source completes', async (empty) => {
    const source = frameSource<number>(empty as Iterable<Arrival<number>>, options);
    expect(await run(source)).toEqual({ values: [], completed: true });
    expect(closedAccount(source)).toEqual({ produced: 0, delivered: 0, discarded: 0, failed: 0 });
  });

  it('one frame', async () => {
    const { values, completed } = await run(
      frameSource([{ data: 7, timestamp: -5 }], options).pipe(map(({ data, label }) => [data, label.timestamp])),
    );
    expect([values, completed]).toEqual([[[7, -5]], true]);
  });

  it.each([1, 2, 5])('holds the source back while %i leases are open', async (maxInFlight) => {
    const source = frames(8, { maxInFlight });
    const seen = watch(source);
    const { kept, end } = keep(source);
    await idle();
    expect(kept.length).toBe(maxInFlight);
    expect(source.ledger.counts).toMatchObject({ produced: maxInFlight, waiting: 0, inFlight: maxInFlight });
    for (let next = 0; next < 8; next++) {
      if (kept.length < 8) expect(end).toEqual({});
      kept[next]?.release();
      await idle();
      expect(kept.length).toBe(Math.min(8, next + 1 + maxInFlight));
    }
    expect(end).toEqual({ completed: true });
    expect(seen.leases()).toBe(maxInFlight);
    expect(closedAccount(source)).toMatchObject({ produced: 8, discarded: 8 });
  });

  it('under wait is never asked ahead, nor twice at once', async () => {
    const desk = new Desk();
    const { kept, end } = keep(frameSource(desk, { ...options, maxInFlight: 2 }));
    await idle();
    expect(desk.asked).toBe(1);
    await desk.answer({ data: picture(0), timestamp: 0 });
    expect(desk.asked).toBe(2);
    await desk.answer({ data: picture(1), timestamp: 1 });
    expect([kept.length, desk.asked]).toEqual([2, 2]);
    kept[0]?.release();
    kept[1]?.release();
    await idle();
    expect(desk.asked).toBe(3);
    await desk.answer();
    expect([end, desk.returned, desk.asked]).toEqual([{ completed: true }, 0, 3]);
  });

  it('under buffer is asked ahead as far as the buffer goes, and loses nothing', async () => {
    const source = frameSource(pictures(10), { ...options, maxInFlight: 1, policy: { buffer: 3 } });
    const seen = watch(source);
    const { kept, seqs } = keep(source);
    await idle();
    expect(source.ledger.counts).toMatchObject({ produced: 4, inFlight: 4, waiting: 3 });
    for (let next = 0; next < 10; next++) {
      kept[next]?.release();
      await idle();
    }
    expect(seqs()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(seen.leases()).toBe(1);
    expect(Math.max(...seen.states.map(({ waiting }) => waiting))).toBeLessThanOrEqual(4);
    expect(closedAccount(source)).toEqual({ produced: 10, delivered: 0, discarded: 10, failed: 0 });
  });

  it('under a buffer of bytes is asked ahead until they are used up', async () => {
    const bytes = Array.from({ length: 9 }, (_, k) => ({ data: new Uint8Array(100), timestamp: k }));
    const source = frameSource(bytes, { ...options, maxInFlight: 1, policy: { buffer: { bytes: 250 } } });
    const { subscription, kept } = keep(source);
    await idle();
    expect(source.ledger.counts.waiting).toBe(3);
    subscription.unsubscribe();
    kept[0]?.release();
    closedAccount(source);
  });

  it.each([
    ['latest', [0, 4], 'replaced'],
    ['dropNewest', [0], 'full'],
  ] as const)('under %s behaves like a camera', async (policy, kept, cause) => {
    const source = frameSource(pictures(5), { ...options, policy, maxInFlight: 1 });
    const held = keep(source);
    await idle();
    held.kept[0]?.release();
    await idle();
    held.kept[1]?.release();
    await idle();
    expect(held.seqs()).toEqual(kept);
    expect(held.end).toEqual({ completed: true });
    const dropped = 5 - kept.length;
    expect(closedAccount(source)).toEqual({
      produced: 5,
      delivered: 0,
      discarded: kept.length,
      failed: 0,
      [cause]: dropped,
    });
    expect(closed.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it('frames that wait come before the end, and before an error', async () => {
    for (const failure of [undefined, new Error('cut')]) {
      const source = frameSource(
        (function* () {
          yield* pictures(3);
          if (failure) throw failure;
        })(),
        { ...options, maxInFlight: 1, policy: { buffer: 8 } },
      );
      const { kept, end, seqs } = keep(source);
      await idle();
      expect(end).toEqual({});
      for (let next = 0; next < 3; next++) {
        kept[next]?.release();
        await idle();
      }
      expect(seqs()).toEqual([0, 1, 2]);
      expect(end).toEqual(failure ? { error: failure } : { completed: true });
    }
  });

  it('an infinite generator ends with take', async () => {
    let last = -1;
    let finished = false;
    const source = frameSource(
      (function* () {
        try {
          for (let k = 0; ; k++) yield { data: (last = k), timestamp: k };
        } finally {
          finished = true;
        }
      })(),
      options,
    );
    const { values } = await run(
      source.pipe(
        take(3),
        map(({ data }) => data),
      ),
    );
    expect(values).toEqual([0, 1, 2]);
    expect([last, finished]).toEqual([2, true]);
  });
});

describe('leaving a source that is pulled', () => {
  it('returns its iterator once, and frees the answer that comes too late', async () => {
    const desk = new Desk();
    const source = frameSource(desk, options);
    const subscription = source.subscribe();
    await idle();
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(desk.returned).toBe(1);
    await desk.answer({ data: picture(0), timestamp: 0 });
    expect(closed).toEqual([0]);
    expect([desk.asked, desk.returned]).toEqual([1, 1]);
    expect(closedAccount(source)).toMatchObject({ produced: 0 });
  });

  it('returns it when the pipe fails, and when a timestamp is wrong', async () => {
    for (const timestamp of [0, NaN]) {
      const desk = new Desk();
      const source = frameSource(desk, options);
      const failing = source.pipe(
        map(() => {
          throw new Error('boom');
        }),
      );
      failing.subscribe({ error: () => undefined });
      await idle();
      await desk.answer({ data: picture(0), timestamp });
      expect([desk.asked, desk.returned]).toEqual([1, 1]);
    }
  });

  it('does not open it when the subscriber is gone by then', async () => {
    const open = vi.fn(() => arrivals(1));
    frameSource({ [Symbol.iterator]: open }, options)
      .subscribe()
      .unsubscribe();
    await idle();
    expect(open).not.toHaveBeenCalled();
  });

  it.each([
    ['its end', (desk: Desk) => desk.answer(), {}],
    ['its own error', (desk: Desk) => desk.refuse(new Error('cut')), { error: new Error('cut') }],
  ])('does not return it after %s', async (_, finish, end) => {
    const desk = new Desk();
    const held = keep(frameSource(desk, options));
    await idle();
    await finish(desk);
    held.subscription.unsubscribe();
    expect(held.end).toMatchObject(end);
    expect([desk.asked, desk.returned]).toEqual([1, 0]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['is missing', undefined],
  ])('leaves quietly when its return() %s', async (_, end) => {
    const iterator = { next: () => ({ done: false as const, value: { data: 1, timestamp: Date.now() } }), return: end };
    const source = frameSource({ [Symbol.iterator]: () => iterator } as unknown as Iterable<Arrival<number>>, options);
    const { values } = await run(
      source.pipe(
        take(1),
        map(({ data }) => data),
      ),
    );
    await idle();
    expect(values).toEqual([1]);
  });

  it('runs the finally of an async generator', async () => {
    let finished = false;
    const source = frameSource(
      (async function* () {
        try {
          for (const one of pictures(9)) yield await Promise.resolve(one);
        } finally {
          finished = true;
        }
      })(),
      options,
    );
    await run(source.pipe(take(2)));
    await idle();
    expect(finished).toBe(true);
    expect(closed.slice(0, 2)).toEqual([0, 1]);
  });

  it('frees what waits', async () => {
    const source = frameSource(pictures(9), { ...options, maxInFlight: 1, policy: { buffer: 3 } });
    const { subscription, kept } = keep(source);
    await idle();
    subscription.unsubscribe();
    expect(closed).toEqual([1, 2, 3]);
    expect(source.ledger.counts).toMatchObject({ inFlight: 1, waiting: 0 });
    kept[0]?.release();
    await idle();
    expect(closedAccount(source)).toEqual({ produced: 4, delivered: 0, discarded: 4, failed: 0 });
  });
});
