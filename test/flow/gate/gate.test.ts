import type * as tf from '@tensorflow/tfjs-core';
import {
  EMPTY,
  from,
  generate,
  interval,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  throwError,
  type Subscriber,
} from 'rxjs';
import {
  frameSource,
  markDelivered,
  OptionError,
  TimestampError,
  useEngine,
  type FrameSourceOptions,
  type Arrival,
  type Frame,
  type Policy,
} from 'sluice';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { closedAccount, expectLaw, idle, leakFree, run, watch } from '../../support/balance.ts';
import { arrival, arrivals, frames, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('cpu'));

const options: FrameSourceOptions = { source: 'test' };

/** Frames of plain data, whose freeing can be seen. */
let closed: number[];
beforeEach(() => {
  closed = [];
});

interface Picture {
  readonly k: number;
  close(): void;
}

function picture(k: number): Picture {
  return { k, close: () => void closed.push(k) };
}

function pictures(count: number): Arrival<Picture>[] {
  return Array.from({ length: count }, (_, k) => ({ data: picture(k), timestamp: k }));
}

/** An async iterator that notes what is asked of it, and answers when it is told to. */
class Desk implements AsyncIterableIterator<Arrival<Picture>> {
  asked = 0;
  returned = 0;
  readonly #waiting: ((result: IteratorResult<Arrival<Picture>>) => void)[] = [];
  readonly #refusing: ((reason: unknown) => void)[] = [];

  next(): Promise<IteratorResult<Arrival<Picture>>> {
    this.asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#refusing.push(reject);
    });
  }

  return(): Promise<IteratorResult<Arrival<Picture>>> {
    this.returned++;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async answer(value?: Arrival<Picture>): Promise<void> {
    this.#refusing.shift();
    this.#waiting.shift()?.(value ? { done: false, value } : { done: true, value: undefined });
    await idle();
  }

  async refuse(reason: unknown): Promise<void> {
    this.#waiting.shift();
    this.#refusing.shift()?.(reason);
    await idle();
  }
}

/** Keeps every frame, so that the test decides when a lease ends. */
function keep<T>(stream: Observable<Frame<T>>) {
  const kept: Frame<T>[] = [];
  const end: { completed?: true; error?: unknown } = {};
  const subscription = stream.subscribe({
    next: (frame) => void kept.push(frame.retain()),
    error: (error: unknown) => (end.error = error),
    complete: () => (end.completed = true),
  });
  return { kept, end, subscription, seqs: () => kept.map(({ label }) => label.seq) };
}

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

describe('sources that go wrong', () => {
  const boom = new Error('boom');
  const throws = (): never => {
    throw boom;
  };
  const faulty: [string, () => unknown][] = [
    ['next() throws', () => ({ [Symbol.iterator]: () => ({ next: throws }) })],
    ['an async next() throws', () => ({ [Symbol.asyncIterator]: () => ({ next: throws }) })],
    ['next() rejects', () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(boom) }) })],
    ['[Symbol.asyncIterator]() throws', () => ({ [Symbol.asyncIterator]: throws })],
    ['[Symbol.iterator]() throws', () => ({ [Symbol.iterator]: throws })],
    [
      'a generator throws',
      () =>
        (function* (): Generator<never> {
          yield throws();
        })(),
    ],
    ['an Observable errors', () => throwError(() => boom)],
    ['an Observable throws when subscribed to', () => new Observable(throws)],
  ];
  it.each(faulty)('%s: the error is on the stream', async (_, make) => {
    const source = frameSource<number>(make() as Iterable<Arrival<number>>, options);
    const { values, error, completed } = await run(source);
    expect([values, error, completed]).toEqual([[], boom, false]);
    expect(closedAccount(source)).toMatchObject({ produced: 0 });
  });

  it('an error of nothing is an error all the same', async () => {
    for (const make of [
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject() }) }),
      () => throwError(() => undefined),
    ]) {
      const result = await run(frameSource<number>(make() as AsyncIterable<Arrival<number>>, options));
      expect(result).toEqual({ values: [], completed: false, error: undefined });
    }
  });

  it('an error after frames leaves those delivered', async () => {
    const source = frameSource(
      (async function* () {
        yield* pictures(2);
        throws();
      })(),
      options,
    );
    const { values, error } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect([values, error]).toEqual([[0, 1], boom]);
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 2, discarded: 0, failed: 0 });
  });

  it('answers with a thenable that is no Promise', async () => {
    let k = 0;
    const next = () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then: (resolve: (result: unknown) => void) =>
        resolve(k < 2 ? { done: false, value: { data: k, timestamp: k++ } } : { done: true }),
    });
    const source = frameSource<number>(
      { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<Arrival<number>>,
      options,
    );
    const { values, completed } = await run(source.pipe(map(({ data }) => data)));
    expect([values, completed]).toEqual([[0, 1], true]);
  });

  it('answers at once although it is async', async () => {
    let k = 0;
    const next = () => (k < 2 ? { done: false, value: { data: k, timestamp: k++ } } : { done: true });
    const source = frameSource<number>(
      { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<Arrival<number>>,
      options,
    );
    const { values, completed } = await run(source.pipe(map(({ data }) => data)));
    expect([values, completed]).toEqual([[0, 1], true]);
  });

  it.each([undefined, null, 5, 'frame'])('brings %s instead of a frame', async (wrong) => {
    for (const bad of [[wrong], of(wrong)]) {
      const source = frameSource<number>(bad as Iterable<Arrival<number>>, options);
      const { error } = await run(source);
      expect(error).toBeInstanceOf(OptionError);
      expect((error as Error).message).toMatch(/^test: each frame must come as \{ data, timestamp \}, not /);
      expect(closedAccount(source)).toMatchObject({ produced: 0 });
    }
  });

  it('brings a result that is none', async () => {
    for (const iterable of [
      { [Symbol.iterator]: () => ({ next: () => undefined }) },
      { [Symbol.asyncIterator]: () => ({ next: () => undefined }) },
    ]) {
      const { error } = await run(frameSource<number>(iterable as unknown as Iterable<Arrival<number>>, options));
      expect(error).toBeInstanceOf(TypeError);
    }
  });

  it('brings data that cannot be freed, while nobody takes it', async () => {
    const shots = new Subject<Arrival<{ close(): void }>>();
    const source = frameSource(shots, { ...options, policy: 'dropNewest' });
    const { kept, end } = keep(source);
    await idle();
    shots.next({ data: picture(0), timestamp: 0 });
    shots.next({ data: { close: throws }, timestamp: 1 });
    expect(end).toEqual({ error: boom });
    expect(shots.observed).toBe(false);
    kept[0]?.release();
    expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 1, failed: 0, full: 1 });
  });
});

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

describe('options', () => {
  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['policy', { policy: 'newest' }, /^test: policy must be 'wait', .*, not "newest"$/],
    ['policy null', { policy: null }, /policy must be .*, not null$/],
    ['policy {}', { policy: {} }, /policy must be .*, not an object$/],
    ['buffer 0', { policy: { buffer: 0 } }, /policy must be .*, not \{ buffer: 0 \}$/],
    ['buffer NaN', { policy: { buffer: NaN } }, /not \{ buffer: NaN \}$/],
    ['buffer bigint', { policy: { buffer: 1n } }, /not \{ buffer: 1 \}$/],
    ['buffer bytes', { policy: { buffer: { bytes: 1.5 } } }, /not \{ buffer: \{ bytes: 1.5 \} \}$/],
    ['maxInFlight 0', { maxInFlight: 0 }, /^test: maxInFlight must be a whole number of at least 1, not 0$/],
    ['maxInFlight text', { maxInFlight: '2' }, /maxInFlight must be .*, not "2"$/],
    ['maxInFlight Infinity', { maxInFlight: Infinity }, /maxInFlight must be .*, not Infinity$/],
    ['maxAge 0', { maxAge: 0 }, /^test: maxAge must be a number of ms over 0, not 0$/],
    ['maxAge NaN', { maxAge: NaN }, /maxAge must be .*, not NaN$/],
    ['maxAge text', { maxAge: '5' }, /maxAge must be .*, not "5"$/],
    ['onError', { onError: 'ignore' }, /^test: onError must be 'stop' or 'skip', not "ignore"$/],
    ['source missing', { source: undefined }, /^frameSource: source must be the source's name, not undefined$/],
    ['source empty', { source: '' }, /source must be the source's name, not ""$/],
  ];
  it.each(wrong)('%s is refused at once', (_, given, message) => {
    expect(() => frameSource([], { ...options, ...given })).toThrow(OptionError);
    expect(() => frameSource([], { ...options, ...given })).toThrow(message);
  });

  it.each([5, null, undefined, 'frames', {}, () => []])('%s is no source', (given) => {
    expect(() => frameSource(given as [], options)).toThrow(OptionError);
    expect(() => frameSource(given as [], options)).toThrow(
      /^test: arrivals must be an iterable, an async iterable or an Observable of \{ data, timestamp \}, not /,
    );
  });

  it('wait is refused on an Observable, with the reason and the ways out', () => {
    expect(() => frameSource(NEVER, { ...options, policy: 'wait' })).toThrow(OptionError);
    expect(() => frameSource(NEVER, { ...options, policy: 'wait' })).toThrow(
      /cannot be made to wait.*'latest', 'dropNewest' or \{ buffer: n \}/,
    );
  });

  it.each(['wait', 'latest', 'dropNewest', { buffer: 1 }, { buffer: { bytes: 1 } }] as const)(
    '%o is fine for what is pulled',
    (policy) => {
      expect(frameSource([], { ...options, policy, maxInFlight: 7, maxAge: 0.5, onError: 'skip' }).name).toBe('test');
    },
  );
});

describe('timestamps', () => {
  const faults: [string, number[], number][] = [
    ['NaN', [0, NaN, 2], 1],
    ['infinite', [0, Infinity, 2], 1],
    ['equal', [5, 5, 6], 1],
    ['backwards', [5, 4, 6], 1],
    ['minus zero after zero', [0, -0, 1], 1],
    ['NaN at first', [NaN, 1, 2], 0],
    ['a text', [0, '1' as unknown as number, 2], 1],
  ];
  const shots = (timestamps: number[]) => timestamps.map((timestamp, k) => ({ data: picture(k), timestamp }));

  it.each(faults)('%s: stop', async (_, timestamps, at) => {
    const source = frameSource(shots(timestamps), options);
    const failures: unknown[] = [];
    source.failures.subscribe(({ label }) => failures.push(label.seq));
    const { values, error } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect(values).toEqual(at === 0 ? [] : [0]);
    expect(error).toBeInstanceOf(TimestampError);
    expect(error).toMatchObject({ code: 'timestamp', stage: 'source', frame: { source: 'test', seq: at } });
    expect((error as Error).message).toBe(
      `frame ${at} of test has timestamp ${String(timestamps[at])} µs${at === 0 ? '' : ` after ${timestamps[0]} µs`}: ` +
        'timestamps must be finite and strictly increase per source',
    );
    expect(failures).toEqual([at]);
    expect(closedAccount(source)).toEqual({ produced: at + 1, delivered: at, discarded: 0, failed: 1 });
    expect(closed).toEqual(at === 0 ? [0] : [0, 1]);
  });

  it.each(faults)('%s: skip loses that frame only', async (_, timestamps, at) => {
    const source = frameSource(shots(timestamps), { ...options, onError: 'skip' });
    const failures: unknown[] = [];
    source.failures.subscribe(({ error }) => failures.push(error));
    const { values, completed } = await run(
      source.pipe(
        markDelivered(),
        map(({ label }) => label.seq),
      ),
    );
    expect([values, completed]).toEqual([[0, 1, 2].filter((k) => k !== at), true]);
    expect(failures).toEqual([expect.any(TimestampError)]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 1 });
    expect(closed).toEqual([0, 1, 2]);
  });

  it('are held against the last good one', async () => {
    const source = frameSource(shots([10, 3, 7, 11]), { ...options, onError: 'skip' });
    const { values } = await run(source.pipe(map(({ label }) => label.timestamp)));
    expect(values).toEqual([10, 11]);
  });

  it('begin anew with another source, and with another subscription', async () => {
    const source = frameSource(
      [
        { data: 0, timestamp: 9, source: 'a.png' },
        { data: 1, timestamp: 9, source: 'b.png' },
      ],
      options,
    );
    for (let i = 0; i < 2; i++) {
      const { values } = await run(source.pipe(map(({ label }) => label)));
      expect(values).toEqual([
        { source: 'a.png', seq: 0, timestamp: 9 },
        { source: 'b.png', seq: 1, timestamp: 9 },
      ]);
    }
  });

  it('a wrong one stops after the frames that wait, and nothing after it is asked for', async () => {
    const source = frameSource(shots([0, 1, 1, 3]), { ...options, maxInFlight: 1, policy: { buffer: 9 } });
    const { kept, end, seqs } = keep(source);
    await idle();
    expect(end).toEqual({});
    kept[0]?.release();
    await idle();
    kept[1]?.release();
    await idle();
    expect(seqs()).toEqual([0, 1]);
    expect(end.error).toBeInstanceOf(TimestampError);
    expect(closedAccount(source)).toMatchObject({ produced: 3, discarded: 2, failed: 1 });
  });

  it('a wrong one on a camera stops listening to it', async () => {
    const camera = new Subject<Arrival<Picture>>();
    const source = frameSource(camera, options);
    const { end } = keep(source);
    await idle();
    camera.next({ data: picture(0), timestamp: NaN });
    expect(end.error).toBeInstanceOf(TimestampError);
    expect(camera.observed).toBe(false);
    expect(closedAccount(source)).toMatchObject({ produced: 1, failed: 1 });
  });
});

it('seq counts the frames that were dropped, and begins anew with every subscription', async () => {
  const source = frameSource(from(pictures(4)), options);
  const first = keep(source);
  await idle();
  first.kept[0]?.release();
  await idle();
  first.kept[1]?.release();
  expect(first.seqs()).toEqual([0, 3]);
  const second = keep(source);
  await idle();
  second.subscription.unsubscribe();
  second.kept[0]?.release();
  expect(second.seqs()).toEqual([0]);
  expect(closedAccount(source)).toMatchObject({ produced: 8, replaced: 4 });
});

describe('re-entrancy', () => {
  it('releasing an older frame inside next lets the next one in afterwards, not meanwhile', async () => {
    const source = frameSource(pictures(4), options);
    let before: Frame<Picture> | undefined;
    let inside = 0;
    const seen: number[] = [];
    source.subscribe((frame) => {
      expect(++inside).toBe(1);
      before?.release();
      before = frame.retain();
      seen.push(frame.label.seq);
      inside--;
    });
    await idle();
    expect(seen).toEqual([0, 1, 2, 3]);
    before?.release();
    expect(closedAccount(source)).toMatchObject({ produced: 4, discarded: 4 });
  });

  it('a release never runs what is downstream: who releases is not ready for the next frame', async () => {
    const source = frameSource(pictures(3), { ...options, maxInFlight: 1 });
    const { kept, seqs } = keep(source);
    await idle();
    kept[0]?.release();
    expect(seqs()).toEqual([0]);
    await Promise.resolve();
    expect(seqs()).toEqual([0, 1]);
    kept[1]?.release();
    await idle();
    kept[2]?.release();
    closedAccount(source);
  });

  it('a release inside the error handler asks for nothing more', async () => {
    const asked: number[] = [];
    const source = frameSource(
      (function* () {
        for (let k = 0; ; k++) {
          asked.push(k);
          yield { data: k, timestamp: k === 1 ? NaN : k };
        }
      })(),
      options,
    );
    let kept: Frame<number> | undefined;
    source.subscribe({ next: (frame) => (kept = frame.retain()), error: () => kept?.release() });
    await idle();
    expect(asked).toEqual([0, 1]);
    expect(closedAccount(source)).toMatchObject({ produced: 2, discarded: 1, failed: 1 });
  });

  it('subscribing to a source inside its own next', async () => {
    const source = frameSource(pictures(2), options);
    const seen: string[] = [];
    source.subscribe(({ label }) => {
      seen.push(`outer ${label.seq}`);
      if (label.seq === 0) source.subscribe((inner) => seen.push(`inner ${inner.label.seq}`));
    });
    await idle();
    expect(seen).toEqual(['outer 0', 'outer 1', 'inner 0', 'inner 1']);
    expect(closedAccount(source)).toMatchObject({ produced: 4 });
  });
});

describe('the ledger', () => {
  it('as an Observable gives the present state first, and then every change', async () => {
    const source = frames(2);
    const { states } = watch(source);
    expect(states).toEqual([source.ledger.counts]);
    await run(source.pipe(markDelivered()));
    const brief = states.map(({ produced, delivered, waiting, inFlight }) => [produced, waiting, inFlight, delivered]);
    expect(brief).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 0],
      [1, 0, 1, 0],
      [1, 0, 0, 1],
      [2, 1, 1, 1],
      [2, 0, 1, 1],
      [2, 0, 0, 2],
    ]);
    const late = watch(source);
    expect(late.states).toEqual([source.ledger.counts]);
    states.forEach(expectLaw);
  });

  it('can be left', async () => {
    const source = frames(3);
    let states = 0;
    const subscription = source.ledger.subscribe(() => states++);
    subscription.unsubscribe();
    source.ledger.pipe(take(1)).subscribe(() => states++);
    await run(source);
    expect(states).toBe(2);
  });

  it('gives values that do not change afterwards', async () => {
    const source = frameSource(from(pictures(3)), options);
    const before = source.ledger.counts;
    await run(source.pipe(take(1)));
    expect(before).toMatchObject({ produced: 0, dropped: { replaced: 0 } });
  });

  it('an observer of it that throws does not disturb the gate', async () => {
    const { config } = await import('rxjs');
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const source = frames(2);
    source.ledger.subscribe(() => {
      throw new Error('boom');
    });
    const { completed } = await run(source.pipe(markDelivered()));
    await idle();
    config.onUnhandledError = null;
    expect(completed).toBe(true);
    expect(reported.length).toBe(7);
    expect(closedAccount(source)).toMatchObject({ delivered: 2 });
  });
});
