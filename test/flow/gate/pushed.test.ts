import type * as tf from '@tensorflow/tfjs-core';
import { EMPTY, from, generate, interval, map, Observable, Subject, take, type Subscriber } from 'rxjs';
import { frameSource, useEngine, type FrameSourceOptions, type Arrival, type Policy } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run, watch } from '../../support/balance.ts';
import { arrival } from '../../support/frames.ts';
import { options, closed, forgetClosed, type Picture, picture, pictures, keep } from '../../support/pictures.ts';

forgetClosed();

beforeAll(() => useEngine('cpu'));

describe('sources that cannot be asked', () => {
  /** A camera that the test plays, and a consumer that keeps every frame until the test lets go of it. */
  async function camera(policy?: Policy, more: Partial<FrameSourceOptions> = {}) {
    const shots = new Subject<Arrival<Picture>>();
    const source = frameSource(shots, { ...options, ...(policy ? { policy } : {}), ...more });
    const seen = watch(source);
    const held = keep(source);
    await idle();
    const shoot = (...ks: number[]) => ks.forEach((k) => shots.next({ data: picture(k), timestamp: k }));
    const done = async () => {
      held.kept.find(({ live }) => live)?.release();
      await idle();
    };
    return { shots, source, seen, shoot, done, ...held };
  }

  it('latest, by default: one on the way, one waits, and a newer one takes its place', async () => {
    const { shoot, done, seqs, source, seen, shots, end } = await camera();
    shoot(0, 1, 2, 3);
    expect(seqs()).toEqual([0]);
    expect(closed).toEqual([1, 2]);
    await done();
    expect(seqs()).toEqual([0, 3]);
    await done();
    shoot(4);
    shots.complete();
    expect(end).toEqual({ completed: true });
    await done();
    expect(seqs()).toEqual([0, 3, 4]);
    expect(seen.leases()).toBe(1);
    expect(closed.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    expect(closedAccount(source)).toEqual({ produced: 5, delivered: 0, discarded: 3, failed: 0, replaced: 2 });
  });

  it('dropNewest: what comes while one is on the way is let go', async () => {
    const { shoot, done, seqs, source } = await camera('dropNewest');
    shoot(0, 1, 2);
    expect(closed).toEqual([1, 2]);
    await done();
    shoot(3);
    await done();
    expect(seqs()).toEqual([0, 3]);
    expect(closedAccount(source)).toEqual({ produced: 4, delivered: 0, discarded: 2, failed: 0, full: 2 });
  });

  it('buffer: so many wait, in order; the one that finds no room is let go', async () => {
    const { shoot, done, seqs, source } = await camera({ buffer: 2 });
    shoot(0, 1, 2, 3);
    expect(closed).toEqual([3]);
    for (let i = 0; i < 3; i++) await done();
    expect(seqs()).toEqual([0, 1, 2]);
    expect(closedAccount(source)).toEqual({ produced: 4, delivered: 0, discarded: 3, failed: 0, full: 1 });
  });

  it.each([
    ['buffers', (bytes: number) => new Uint8Array(bytes)],
    ['pictures', (bytes: number) => ({ width: 1, height: 1, channels: 4, data: new Uint8Array(bytes) })],
    ['video frames', (bytes: number) => ({ displayWidth: 9, allocationSize: () => bytes })],
    ['bitmaps', (bytes: number) => ({ width: bytes / 4, height: 1 })],
  ])('a buffer of bytes counts those of %s', async (_, make) => {
    const shots = new Subject<Arrival<object>>();
    const source = frameSource(shots, { ...options, policy: { buffer: { bytes: 100 } } });
    const { kept, seqs } = keep(source);
    await idle();
    // The first goes straight through, whatever its size.
    [400, 40, 40, 40, 20].forEach((bytes, k) => shots.next({ data: make(bytes), timestamp: k }));
    expect(source.ledger.counts).toMatchObject({ waiting: 3, dropped: { full: 1 } });
    for (let i = 0; i < 4; i++) {
      kept[i]?.release();
      await idle();
    }
    expect(seqs()).toEqual([0, 1, 2, 4]);
    expect(closedAccount(source)).toMatchObject({ produced: 5, full: 1 });
  });

  it('a buffer of bytes counts those of tensors, and frees the tensors it drops', () =>
    leakFree(async () => {
      const shots = new Subject<Arrival<tf.Tensor>>();
      const source = frameSource(shots, { ...options, policy: { buffer: { bytes: 16 } } });
      const { kept } = keep(source);
      await idle();
      for (let k = 0; k < 5; k++) shots.next(arrival(k));
      expect(source.ledger.counts).toMatchObject({ waiting: 2, dropped: { full: 2 } });
      for (let i = 0; i < 3; i++) {
        kept[i]?.release();
        await idle();
      }
    }));

  it('maxAge: what waited for too long is let go', async () => {
    const { shoot, done, seqs, source } = await camera({ buffer: 5 }, { maxAge: 20 });
    shoot(0, 1, 2);
    await new Promise((resolve) => setTimeout(resolve, 40));
    shoot(3);
    await done();
    expect(seqs()).toEqual([0, 3]);
    await done();
    expect(closedAccount(source)).toEqual({ produced: 4, delivered: 0, discarded: 2, failed: 0, stale: 2 });
    expect(closed.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('more than one lease', async () => {
    const { shoot, done, seqs, seen } = await camera('latest', { maxInFlight: 3 });
    shoot(0, 1, 2, 3, 4);
    expect(seqs()).toEqual([0, 1, 2]);
    await done();
    expect(seqs()).toEqual([0, 1, 2, 4]);
    for (let i = 0; i < 3; i++) await done();
    expect(seen.leases()).toBe(3);
  });

  it('a source that ends while a frame waits completes after it', async () => {
    const { shoot, done, seqs, shots, end } = await camera();
    shoot(0, 1);
    shots.complete();
    expect(end).toEqual({});
    await done();
    expect(seqs()).toEqual([0, 1]);
    expect(end).toEqual({ completed: true });
    await done();
  });

  it('a source that fails while a frame waits fails after it', async () => {
    const { shoot, done, seqs, shots, end } = await camera();
    shoot(0, 1);
    shots.error('unplugged');
    expect(end).toEqual({});
    await done();
    expect([seqs(), end]).toEqual([[0, 1], { error: 'unplugged' }]);
    await done();
  });

  it('unsubscribing frees what waits and stops listening', async () => {
    const { shoot, done, source, shots, subscription } = await camera();
    shoot(0, 1);
    subscription.unsubscribe();
    expect(shots.observed).toBe(false);
    expect(closed).toEqual([1]);
    shoot(2, 3);
    await done();
    expect(closed).toEqual([1, 0]);
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
  });

  it('a frame that comes in the middle of another one waits for its turn', async () => {
    const shots = new Subject<Arrival<Picture>>();
    const source = frameSource(shots, options);
    const order: string[] = [];
    source.subscribe(({ label, lease }) => {
      order.push(`${label.seq} in`);
      if (label.seq === 0) [1, 2].forEach((k) => shots.next({ data: picture(k), timestamp: k }));
      expect(lease.open).toBe(true);
      order.push(`${label.seq} out`);
    });
    await idle();
    shots.next({ data: picture(0), timestamp: 0 });
    await idle();
    expect(order).toEqual(['0 in', '0 out', '2 in', '2 out']);
    expect(closedAccount(source)).toMatchObject({ produced: 3, discarded: 2, replaced: 1 });
  });

  it('emits on its own: interval', async () => {
    const source = frameSource(interval(1).pipe(map((k) => ({ data: picture(k), timestamp: k }))), options);
    const { values } = await run(
      source.pipe(
        take(3),
        map(({ label }) => label.seq),
      ),
    );
    expect(values).toEqual([0, 1, 2]);
    expect(closedAccount(source)).toMatchObject({ produced: 3 });
  });

  it('completes while it is being subscribed to', async () => {
    const source = frameSource(from(pictures(3)), { ...options, policy: { buffer: 9 } });
    const { values, completed } = await run(source.pipe(map(({ label }) => label.seq)));
    expect([values, completed]).toEqual([[0, 1, 2], true]);
    expect(await run(frameSource(EMPTY, options))).toEqual({ values: [], completed: true });
  });

  it('emits without end while it is being subscribed to, and is left', async () => {
    let made = 0;
    const endless = generate({ initialState: 0, iterate: (k) => k + 1 }).pipe(
      map((k) => ({ data: picture(made++), timestamp: k })),
    );
    const source = frameSource(endless, options);
    const { values } = await run(
      source.pipe(
        take(2),
        map(({ label }) => label.seq),
      ),
    );
    expect(values).toEqual([0, 1]);
    expect(made).toBe(2);
    expect(closed).toEqual([0, 1]);
    expect(closedAccount(source)).toMatchObject({ produced: 2 });
  });

  it('emits on after it was left: nothing is counted any more', async () => {
    let late: Subscriber<Arrival<Picture>> | undefined;
    const source = frameSource(new Observable<Arrival<Picture>>((subscriber) => void (late = subscriber)), options);
    const subscription = source.subscribe();
    await idle();
    late?.next({ data: picture(0), timestamp: 0 });
    subscription.unsubscribe();
    late?.next({ data: picture(1), timestamp: 1 });
    late?.error(new Error('late'));
    expect(closedAccount(source)).toMatchObject({ produced: 1, discarded: 1 });
  });
});
