import * as tf from '@tensorflow/tfjs-core';
import { filter, map, merge, NEVER, Observable, share, take, tap } from 'rxjs';
import {
  frameSource,
  batch,
  markDelivered,
  sampleFrames,
  OptionError,
  pipeline,
  StallError,
  unbatch,
  useEngine,
  type BatchOptions,
} from 'sluice';
import { fakeCamera, inVirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run } from '../../support/balance.ts';
import { arrival, double, frames } from '../../support/frames.ts';
import { type TensorFrame, type Tensors, through, numbers } from '../../support/batched.ts';

beforeAll(() => useEngine('wasm'));

describe('maxWait', () => {
  /** When which batches came, of a camera of 100 frames/s for so many frames. */
  const batches = (options: BatchOptions, count: number, maxInFlight = 8) =>
    leakFree(() =>
      inVirtualTime(async (time) => {
        const data = (k: number): tf.Tensor4D => arrival(k).data;
        const camera = fakeCamera({ fps: 100, seconds: count / 100, data });
        const source = frameSource(camera, { source: 'camera', maxInFlight });
        const { values } = await run(
          source.pipe(
            batch(options),
            map((frame) => [time.now(), frame.label.seq, frame.data.shape[0]]),
          ),
        );
        expect(closedAccount(source)).toMatchObject({ produced: count });
        return values;
      }),
    );

  it('sends on what is there when the first has waited so long', async () => {
    expect(await batches({ size: 4, maxWait: 15 }, 5)).toEqual([
      [15, 0, 2],
      [35, 2, 2],
      [50, 4, 1],
    ]);
  });

  it('is for each batch anew, and off once it is full', async () => {
    expect(await batches({ size: 2, maxWait: 15 }, 4)).toEqual([
      [10, 0, 2],
      [30, 2, 2],
    ]);
    // Had the first one's timer not been called off, it would cut the second one short at 25.
    expect(await batches({ size: 2, maxWait: 25 }, 4)).toEqual([
      [10, 0, 2],
      [30, 2, 2],
    ]);
    expect(await batches({ size: 1, maxWait: 5 }, 2)).toEqual([
      [0, 0, 1],
      [10, 1, 1],
    ]);
  });

  it('lets a batch be larger than what the source lets in', async () => {
    expect(await batches({ size: 4, maxWait: 15 }, 4, 1)).toEqual([
      [15, 0, 1],
      [30, 1, 1],
      [45, 2, 1],
      // The source has ended: the last one waits for nobody.
      [45, 3, 1],
    ]);
  });

  it.each<[string, (batches: Observable<TensorFrame>) => Observable<unknown>]>([
    ['unsubscribing', (batches) => batches],
    ['an end', (batches) => batches],
    ['a full batch', (batches) => batches.pipe(take(1))],
  ])('%s leaves no timer behind', async (how, use) => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const source = frames(how === 'a full batch' ? 3 : 2, { maxInFlight: 3 });
        const from = how === 'unsubscribing' ? merge(source, NEVER) : source;
        const subscription = use(from.pipe(batch({ size: 3, maxWait: 100 }))).subscribe();
        await time.run(1);
        subscription.unsubscribe();
        expect(time.pending).toBe(0);
        closedAccount(source);
      }),
    );
  });
});

describe('a batch that can never fill', () => {
  const source = frames(0, { maxInFlight: 2 });
  const ONCE = { size: 3 };

  it.each<[string, (from: Tensors) => unknown]>([
    ['at the source', (from) => from.pipe(batch(ONCE))],
    ['behind stages', (from) => from.pipe(double('a'), double('b'), batch(ONCE))],
    ['behind a pipeline', (from) => from.pipe(pipeline(double()), batch(ONCE))],
    [
      'behind RxJS',
      (from) =>
        from.pipe(
          filter(() => true),
          share(),
          tap(),
          batch(ONCE),
        ),
    ],
    ['behind every', (from) => from.pipe(sampleFrames({ n: 2 }), batch(ONCE))],
    ['behind markDelivered', (from) => from.pipe(markDelivered(), batch(ONCE))],
    [
      'behind all of them',
      (from) =>
        from.pipe(
          filter(() => true),
          double(),
          sampleFrames({ fps: 5 }),
          double(),
          batch(ONCE),
        ),
    ],
    ['behind another batch', (from) => from.pipe(batch({ size: 2 }), double(), unbatch(), batch(ONCE))],
  ])('is refused when the pipe is put together: %s', (_, pipe) => {
    expect(() => pipe(source)).toThrow(OptionError);
    expect(() => pipe(source)).toThrow(
      /a batch of 3 can never fill: the source lets only 2 frames in at once.*maxInFlight: [34]/,
    );
  });

  it.each<[string, (from: Tensors) => unknown]>([
    ['it fits', (from) => from.pipe(batch({ size: 2 }))],
    ['it does not wait for ever', (from) => from.pipe(batch({ size: 3, maxWait: 10 }))],
    ['it is said that frames multiply', (from) => from.pipe(batch({ size: 3, maxWait: Infinity }))],
    ['the source can’t be seen', (from) => merge(from, NEVER).pipe(batch(ONCE))],
    ['the source is hidden', (from) => new Observable<TensorFrame>((s) => from.subscribe(s)).pipe(batch(ONCE))],
    ['it is no source of ours', () => NEVER.pipe(batch(ONCE))],
    ['the source may change', () => frames(0, { maxInFlight: 2, changes: NEVER }).pipe(batch(ONCE))],
  ])('is not refused where %s', (_, pipe) => {
    expect(() => pipe(source)).not.toThrow();
  });

  it('where one frame becomes several, maxWait: Infinity says so, and it fills', async () => {
    const twice = (from: Observable<TensorFrame>): Observable<TensorFrame> =>
      new Observable((subscriber) =>
        from.subscribe({
          next(frame) {
            for (const factor of [1, 10]) {
              const part = frame.derive(tf.mul<tf.Tensor4D>(frame.data, factor));
              subscriber.next(part);
              part.release();
            }
          },
          complete: () => subscriber.complete(),
        }),
      );
    const { values, account } = await through(
      (from) => from.pipe(twice, batch({ size: 4, maxWait: Infinity }), double(), unbatch(), markDelivered(), numbers),
      { count: 4, maxInFlight: 2 },
    );
    expect(values).toEqual(
      [0, 1, 2, 3].flatMap((k) => [
        [k, 2 * k],
        [k, 20 * k],
      ]),
    );
    expect(account).toMatchObject({ delivered: 4 });
  });

  it('names itself after leaseTimeout where it could not be seen', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const stuck = frames(5, { maxInFlight: 2, leaseTimeout: 1000 });
        const { error, values } = await run(merge(stuck, NEVER).pipe(double(), batch(ONCE)));
        expect(values).toEqual([]);
        expect(error).toBeInstanceOf(StallError);
        expect(error).toMatchObject({ code: 'stall', frame: { source: 'test', seq: 0 } });
        expect(String(error)).toMatch(/no frame was released for 1000 ms: frame test #0 .* is held by batch/);
        expect(time.now()).toBe(1000);
        expect(closedAccount(stuck)).toMatchObject({ produced: 2, discarded: 2 });
      }),
    );
  });
});
