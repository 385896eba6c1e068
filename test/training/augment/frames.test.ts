import * as tf from '@tensorflow/tfjs-core';
import { concatMap, from, lastValueFrom, map, NEVER, Observable, of, repeat, Subject, take, tap, toArray } from 'rxjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  batch,
  flip,
  Frame,
  FrameReleasedError,
  frameSource,
  jitter,
  markDelivered,
  OptionError,
  randomCrop,
  rotate,
  ShapeError,
  StageError,
  useEngine,
  type AugmentOptions,
  type Pixels,
} from 'sluice';
import { augmented, augmentedAll, copies, grey, noise, photos, type Augmentation } from '../../support/augment.ts';
import { closedAccount, idle, leakFree, run, watch } from '../../support/balance.ts';

// What all augmentations have in common.

const AUGMENTATIONS: [string, (options?: AugmentOptions) => Augmentation][] = [
  ['flip', (options) => flip({ vertical: 0.5, ...options })],
  ['randomCrop', (options) => randomCrop({ width: 8, height: 8, padding: 3, ...options })],
  ['jitter', (options) => jitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, ...options })],
  ['rotate', (options) => rotate({ degrees: 30, translate: 0.1, ...options })],
];

const pictures = Array.from({ length: 12 }, (_, i) => noise(8, 8, i % 2 === 0 ? 3 : 4, i));
const bytes = (all: readonly Pixels[]) => all.map(({ data }) => [...data]);

beforeAll(() => useEngine('cpu'));
afterEach(() => vi.restoreAllMocks());

describe.each(AUGMENTATIONS)('the random numbers of %s', (_, make) => {
  it('one seed gives the same pictures in every run', async () => {
    const first = bytes(await augmentedAll(pictures, make({ seed: 5 })));
    expect(bytes(await augmentedAll(pictures, make({ seed: 5 })))).toEqual(first);
    expect(bytes(await augmentedAll(pictures, make({ seed: 6 })))).not.toEqual(first);
  });

  it('the default seed is 1; there is no Math.random', async () => {
    const random = vi.spyOn(Math, 'random');
    expect(bytes(await augmentedAll(pictures, make()))).toEqual(bytes(await augmentedAll(pictures, make({ seed: 1 }))));
    expect(random).not.toHaveBeenCalled();
  });

  it('changes the same picture in different ways', async () => {
    const seen = bytes(await augmentedAll(copies(10, noise(8, 8)), make()));
    expect(new Set(seen.map(String)).size).toBeGreaterThan(2);
  });

  it('a second subscription sees other pictures, the same in every run', async () => {
    const epochs = async () => {
      const operator = make();
      return [await augmentedAll(pictures, operator), await augmentedAll(pictures, operator)].map(bytes);
    };
    const [first, second] = await epochs();
    expect(second).not.toEqual(first);
    expect(await epochs()).toEqual([first, second]);
  });

  it('repeat sees other pictures in each round', async () => {
    const stream = photos(copies(8, noise(8, 8))).pipe(
      make(),
      map(({ data }) => String(data.data)),
      toArray(),
      repeat(3),
      toArray(),
    );
    expect(new Set((await lastValueFrom(stream)).map(String)).size).toBe(3);
  });

  it('a first subscription that ends early leaves the second as it is', async () => {
    const second = async (frames: number) => {
      const operator = make();
      await run(photos(pictures).pipe(operator, take(frames)));
      return bytes(await augmentedAll(pictures, operator));
    };
    expect(await second(1)).toEqual(await second(12));
  });

  it('subscriptions at the same time do not affect each other', async () => {
    const alone = make();
    const expected = [await augmentedAll(pictures, alone), await augmentedAll(pictures, alone)].map(bytes);
    const operator = make();
    const together = await Promise.all([augmentedAll(pictures, operator), augmentedAll(pictures, operator)]);
    expect(together.map(bytes)).toEqual(expected);
  });

  it.each([[1.5], [NaN], [Infinity], ['1'], [null], [[1]]])('refuses the seed %o', (seed) => {
    expect(() => make({ seed: seed as never })).toThrow(OptionError);
    expect(() => make({ seed: seed as never })).toThrow(/: seed must be a whole number, not/);
  });

  it.each([[0], [-1], [2 ** 31], [2 ** 32 + 7], [Number.MAX_SAFE_INTEGER]])('takes the seed %d', async (seed) => {
    expect(await augmentedAll(pictures, make({ seed }))).toHaveLength(12);
  });
});

it('operators of different kinds draw different numbers from one seed', async () => {
  const dark = grey(2, [0, 100]);
  // Mirrored, and brighter than before: with the same numbers, both or neither.
  const seen = await augmentedAll(copies(200, dark), (source) =>
    source.pipe(flip({ horizontal: 0.5 }), jitter({ brightness: 0.5 })),
  );
  const kinds = seen.map(({ data }) => `${(data[0] ?? 0) > 0} ${Math.max(...data) > 100}`);
  expect(new Set(kinds).size).toBe(4);
});

describe.each(AUGMENTATIONS)('frames through %s', (name, make) => {
  it('keep their label, their lease and their times', async () => {
    const source = photos(pictures);
    const leases: unknown[] = [];
    const stream = source.pipe(
      tap(({ label, lease, latencyMs }) => leases.push([label, lease, latencyMs >= 0])),
      make(),
      map(({ label, lease, latencyMs }) => [label, lease, latencyMs >= 0]),
    );
    const { values } = await run(stream);
    expect(values.length).toBe(12);
    values.forEach((value, i) => {
      expect(value[0]).toEqual({ source: 'photos', seq: i, timestamp: i * 1000 });
      expect(value[1]).toBe((leases[i] as unknown[])[1]);
      expect(value[2]).toBe(true);
    });
    await idle();
    expect(closedAccount(source)).toMatchObject({ produced: 12, discarded: 12 });
  });

  it('hold one lease at a time', async () => {
    const source = photos(pictures, { maxInFlight: 1 });
    const seen = watch(source);
    const { completed } = await run(source.pipe(make(), markDelivered()));
    expect([completed, seen.leases()]).toEqual([true, 1]);
    await idle();
    expect(closedAccount(source)).toMatchObject({ delivered: 12, discarded: 0 });
  });

  it('are released when next() returns, and can be retained', async () => {
    const source = photos(pictures.slice(0, 2), { maxInFlight: 2 });
    const kept: Frame<Pixels>[] = [];
    let released: Frame<Pixels> | undefined;
    const ended = run(
      source.pipe(
        make(),
        tap((frame) => (frame.label.seq === 0 ? kept.push(frame.retain()) : (released = frame))),
      ),
    );
    await ended;
    await idle();
    expect(source.ledger.counts.inFlight).toBe(1);
    expect(kept[0]?.data.width).toBe(8);
    expect(() => released?.data).toThrow(FrameReleasedError);
    kept[0]?.release();
    expect(closedAccount(source)).toMatchObject({ discarded: 2 });
  });

  it('pictures that are closed are closed once, after the frames made of them', async () => {
    const closed: number[] = [];
    const list = pictures.map((picture, i) => ({ ...picture, close: () => void closed.push(i) }));
    const source = frameSource(
      list.map((data, timestamp) => ({ data, timestamp })),
      { source: 'test' },
    );
    const open = await run(
      source.pipe(
        make() as never,
        map(({ label }: Frame<Pixels>) => closed.includes(label.seq)),
      ),
    );
    expect(open.values).toEqual(copies(12, false));
    await idle();
    expect(closed).toEqual(pictures.map((_, i) => i));
  });

  it('unsubscribing half-way lets go of all', async () => {
    const source = photos(pictures, { maxInFlight: 3 });
    const { values } = await run(source.pipe(make(), take(4), markDelivered()));
    expect(values).toHaveLength(4);
    await idle();
    expect(closedAccount(source)).toMatchObject({ delivered: 4, failed: 0 });
    expect(source.ledger.counts.produced).toBeLessThan(12);
  });

  it('stops a source that emits while it is subscribed to', () => {
    let emitted = 0;
    const eager = new Observable<Frame<Pixels>>((subscriber) => {
      for (let seq = 0; seq < 10 && !subscriber.closed; seq++, emitted++) {
        const frame = Frame.of(noise(8, 8), { source: 'eager', seq, timestamp: seq });
        subscriber.next(frame);
        frame.release();
      }
    });
    eager.pipe(make(), take(2)).subscribe();
    expect(emitted).toBe(2);
  });

  it('unsubscribes from the source', () => {
    let left = 0;
    const source = new Observable<Frame<Pixels>>(() => () => left++);
    source.pipe(make()).subscribe().unsubscribe();
    expect(left).toBe(1);
    const subscription = NEVER.pipe(make() as never).subscribe();
    subscription.unsubscribe();
    expect(subscription.closed).toBe(true);
  });

  it('passes on completion and errors', async () => {
    expect(
      await run(
        of<Frame<Pixels>[]>().pipe(
          concatMap((none) => none),
          make(),
        ),
      ),
    ).toEqual({ values: [], completed: true });
    const broken = new Subject<Frame<Pixels>>();
    const ended = run(broken.pipe(make()));
    broken.error(new Error('the camera is gone'));
    expect(await ended).toMatchObject({ completed: false, error: new Error('the camera is gone') });
  });

  it('tells batch how many frames the source lets in', () => {
    expect(() => photos(pictures, { maxInFlight: 2 }).pipe(make(), batch({ size: 3 }) as never)).toThrow(
      'a batch of 3 can never fill',
    );
  });

  it.each<[string, unknown, string]>([
    ['a text', 'a.jpg', 'needs pictures (Pixels), but got "a.jpg"'],
    ['nothing', undefined, 'needs pictures (Pixels), but got undefined'],
    ['null', null, 'needs pictures (Pixels), but got null'],
    [
      'a picture with too few bytes',
      { ...noise(8, 8), data: new Uint8Array(3) },
      'a picture of 8×8 with 3 channels must',
    ],
    ['a picture of 5 channels', { ...noise(8, 8), channels: 5 }, 'a picture of 8×8 with 5 channels must'],
    ['a picture of floats', { ...noise(8, 8), data: new Float32Array(192) }, 'but has 192 in a Float32Array'],
    ['a picture without a size', { ...noise(8, 8), width: 0, height: 0 }, 'a picture of 0×0'],
    ['a picture without bytes', { width: 8, height: 8, channels: 3 }, 'but has undefined in a Undefined'],
  ])('%s fails', async (_, data, message) => {
    const list = [noise(8, 8), data as Pixels, noise(8, 8)];
    const strict = await augmented(list, make());
    expect(strict.values).toHaveLength(1);
    expect(strict.error).toBeInstanceOf(ShapeError);
    expect(strict.error).toMatchObject({ stage: name, frame: { source: 'photos', seq: 1, timestamp: 1000 } });
    expect(String(strict.error)).toContain(`${name}: `);
    expect(String(strict.error)).toContain(message);
    expect(strict.account).toMatchObject({ delivered: 1, failed: 1 });
    const lenient = await augmented(list, make(), { onError: 'skip' });
    expect([lenient.values.length, lenient.completed]).toEqual([2, true]);
    expect(lenient.account).toMatchObject({ delivered: 2, failed: 1 });
  });

  it('a tensor fails, and is freed', async () => {
    await leakFree(async () => {
      const source = frameSource([{ data: tf.zeros([1, 8, 8, 3]), timestamp: 0 }], { source: 'test' });
      const { error } = await run(source.pipe(make() as never));
      expect(error).toBeInstanceOf(ShapeError);
      expect(String(error)).toContain(`${name}: needs pictures (Pixels), but got a tensor [1, 8, 8, 3]`);
    });
  });

  it('a picture whose bytes cannot be read fails with what was thrown', async () => {
    const gone = new Error('the camera took it back');
    const data = {
      width: 8,
      height: 8,
      channels: 3,
      get data(): Uint8Array {
        throw gone;
      },
    } as const;
    const source = frameSource([{ data: noise(8, 8), timestamp: 0 }], { source: 'test' });
    const { error } = await run(
      source.pipe(
        map((frame) => frame.derive<Pixels>(data)),
        tap({ next: (frame) => queueMicrotask(() => frame.release()) }),
        make(),
      ),
    );
    expect(error).toBeInstanceOf(StageError);
    expect(error).toMatchObject({ stage: name, cause: gone });
    await idle();
    expect(closedAccount(source)).toMatchObject({ failed: 1 });
  });

  it('a frame that was released already is a mistake in the pipe', async () => {
    const dead = Frame.of(noise(8, 8), { source: 'test', seq: 0, timestamp: 0 });
    dead.release();
    const { error } = await run(from([dead]).pipe(make()));
    expect(error).toBeInstanceOf(FrameReleasedError);
  });

  it('an error of the subscriber leaves no frame behind', async () => {
    const source = photos(pictures, { maxInFlight: 2 });
    const { error } = await run(
      source.pipe(
        make(),
        map(({ label }) => {
          if (label.seq === 3) throw new Error('no more');
          return label.seq;
        }),
      ),
    );
    expect(error).toEqual(new Error('no more'));
    await idle();
    expect(closedAccount(source).failed).toBe(0);
  });
});
