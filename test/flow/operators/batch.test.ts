import * as tf from '@tensorflow/tfjs-core';
import { filter, map, merge, NEVER, Observable, of, share, Subject, take, tap, toArray } from 'rxjs';
import {
  frameSource,
  batch,
  classify,
  conv2d,
  markDelivered,
  dense,
  sampleFrames,
  flatten,
  Frame,
  FrameReleasedError,
  OptionError,
  pipeline,
  ShapeError,
  softmax,
  StageError,
  StallError,
  stage,
  unbatch,
  useEngine,
  type Arrival,
  type BatchOptions,
  type Source,
} from 'sluice';
import { fakeCamera, inVirtualTime, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, arrivals, double, failing, frames, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('wasm'));

type Tensors = Source<tf.Tensor4D>;
type TensorFrame = Frame<tf.Tensor4D>;

/** Seven frames unless said otherwise, through a pipe: what came out; everything is accounted for and freed. */
async function through<T>(
  pipe: (source: Tensors) => Observable<T>,
  { count = 7, ...options }: Parameters<typeof frames>[1] & { count?: number } = {},
) {
  return leakFree(async () => {
    const source = frames(count, { maxInFlight: 8, ...options });
    const failures: string[] = [];
    source.failures.subscribe(({ label, error }) => failures.push(`${label.seq} ${error.stage} ${error.code}`));
    const result = await run(pipe(source));
    await idle();
    return { ...result, failures, account: closedAccount(source) };
  });
}

const sizes = map((frame: TensorFrame) => frame.data.shape[0]);
const numbers = map((frame: TensorFrame) => [frame.label.seq, valueOf(frame)]);

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
      /a batch of 3 can never fill: the source lets only 2 frames in at once.*maxInFlight: 3/,
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

  it('names itself after stallTimeout where it could not be seen', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const stuck = frames(5, { maxInFlight: 2, stallTimeout: 1000 });
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

describe('a stage that fails on a batch', () => {
  /** On the second batch: frames 3, 4 and 5. */
  const pipe = (source: Tensors) => source.pipe(batch({ size: 3 }), failing(3), unbatch(), markDelivered(), numbers);

  it('stops the stream, and fails all its frames', async () => {
    const { values, error, failures, account } = await through(pipe);
    expect(values).toEqual([0, 1, 2].map((k) => [k, k]));
    expect(error).toBeInstanceOf(StageError);
    expect(error).toMatchObject({ stage: 'failing', frame: { seq: 3 } });
    expect(failures).toEqual([3, 4, 5].map((k) => `${k} failing stage-failed`));
    expect(account).toMatchObject({ delivered: 3, failed: 3 });
  });

  it('costs these frames only, under skip', async () => {
    const { values, completed, failures, account } = await through(pipe, { onError: 'skip' });
    expect([values, completed]).toEqual([[0, 1, 2, 6].map((k) => [k, k]), true]);
    expect(failures).toEqual([3, 4, 5].map((k) => `${k} failing stage-failed`));
    expect(account).toEqual({ produced: 7, delivered: 4, discarded: 0, failed: 3 });
  });

  it('tells each frame its own label and the cause', async () => {
    const source = frames(2, { onError: 'skip' });
    const messages: unknown[] = [];
    source.failures.subscribe(({ label, error }) =>
      messages.push([label.seq, error.frame?.seq, error.message, error.cause]),
    );
    await run(source.pipe(batch({ size: 2 }), failing(0)));
    expect(messages).toEqual(
      [0, 1].map((k) => [
        k,
        k,
        `stage failing failed on frame test #${k} at 0.0${k * 4}0 s: no 0s`,
        new Error('no 0s'),
      ]),
    );
  });

  it('a shape that does not fit is a ShapeError of each frame', async () => {
    const { failures, account } = await through(
      (source) => source.pipe(batch({ size: 4 }), dense({ units: 1, seed: 1 }) as never),
      {
        onError: 'skip',
      },
    );
    expect(failures).toEqual([0, 1, 2, 3, 4, 5, 6].map((k) => `${k} dense shape`));
    expect(account).toMatchObject({ failed: 7 });
  });

  it('a stage after unbatch fails one frame', async () => {
    const { values, account } = await through(
      (source) => source.pipe(batch({ size: 4 }), double(), unbatch(), failing(6), markDelivered(), numbers),
      { onError: 'skip' },
    );
    expect(values.map(([seq]) => seq)).toEqual([0, 1, 2, 4, 5, 6]);
    expect(account).toMatchObject({ delivered: 6, failed: 1 });
  });

  it('of two sources both are told, and one that stops stops', async () => {
    await leakFree(async () => {
      const [soft, strict] = [
        frames(1, { onError: 'skip', source: 'soft' }),
        frames(1, { onError: 'stop', source: 'strict' }),
      ];
      const { error } = await run(merge(soft, strict).pipe(batch({ size: 2 }), failing(0)));
      expect(error).toBeInstanceOf(StageError);
      expect(closedAccount(soft)).toMatchObject({ failed: 1 });
      expect(closedAccount(strict)).toMatchObject({ failed: 1 });
    });
  });
});

describe('a batch that is left unfinished', () => {
  it.each<[string, (source: Tensors) => Observable<unknown>, Partial<Record<string, number>>]>([
    [
      'by take, in the middle of its frames',
      (from) => from.pipe(batch({ size: 4 }), unbatch(), markDelivered(), take(2)),
      { delivered: 2 },
    ],
    ['by take, before it is full', (from) => from.pipe(take(2), batch({ size: 4 })), {}],
  ])('%s', async (_, pipe, expected) => {
    const { completed, account } = await through(pipe);
    expect(completed).toBe(true);
    expect(account).toMatchObject({ failed: 0, ...expected });
  });

  it('by take, at a frame of another shape: that one is not kept', async () => {
    await leakFree(async () => {
      const changing = function* (): Generator<Arrival<tf.Tensor4D>> {
        for (let k = 0; k < 4; k++) yield arrival(k, k < 2 ? [1, 1, 1, 2] : [1, 2, 1, 2]);
      };
      const source = frameSource(changing(), { source: 'test', maxInFlight: 4 });
      const { values } = await run(source.pipe(batch({ size: 4 }), sizes, take(1)));
      expect(values).toEqual([2]);
      await idle();
      expect(closedAccount(source)).toMatchObject({ discarded: 3 });
    });
  });

  it('by an error of the source: the frames go back, and are not sent on', async () => {
    await leakFree(async () => {
      const broken = function* (): Generator<Arrival<tf.Tensor4D>> {
        yield* arrivals(2);
        throw new Error('torn');
      };
      const source = frameSource(broken(), { source: 'test', maxInFlight: 8 });
      const { values, error } = await run(source.pipe(batch({ size: 4 }), sizes));
      expect([values, String(error)]).toEqual([[], 'Error: torn']);
      expect(closedAccount(source)).toMatchObject({ produced: 2, discarded: 2 });
    });
  });

  it('by unsubscribing', async () => {
    await leakFree(async () => {
      const source = frames(3, { maxInFlight: 8 });
      const endless = merge(source, NEVER);
      const subscription = endless.pipe(batch({ size: 4 }), unbatch()).subscribe();
      await idle();
      expect(source.ledger.counts.inFlight).toBe(3);
      subscription.unsubscribe();
      expect(closedAccount(source)).toMatchObject({ produced: 3, discarded: 3 });
    });
  });

  it('of a synchronous source without end', () => {
    const endless = new Observable<TensorFrame>((subscriber) => {
      for (let seq = 0; !subscriber.closed; seq++) {
        if (seq > 100) throw new Error('it does not stop');
        const frame = Frame.of(arrival(seq).data, { source: 'test', seq, timestamp: seq });
        subscriber.next(frame);
        frame.release();
      }
    });
    return leakFree(async () => {
      const { values } = await run(endless.pipe(batch({ size: 4 }), double(), unbatch(), numbers, take(6)));
      expect(values).toEqual([0, 1, 2, 3, 4, 5].map((k) => [k, 2 * k]));
    });
  });

  it('while it is being sent on: what comes then begins the next', () => {
    return leakFree(() => {
      const came = new Subject<TensorFrame>();
      const push = (seq: number): void => {
        const frame = Frame.of(arrival(seq).data, { source: 'test', seq, timestamp: seq });
        came.next(frame);
        frame.release();
      };
      const seen: unknown[] = [];
      came
        .pipe(
          batch({ size: 2 }),
          tap(({ label }) => label.seq === 0 && push(2)),
          unbatch(),
          numbers,
        )
        .subscribe((number) => seen.push(number));
      [0, 1, 3].forEach(push);
      came.complete();
      expect(seen).toEqual([
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
    });
  });
});

describe('what is no frame for a batch', () => {
  it.each<[string, unknown, RegExp]>([
    ['a number', 5, /but 5 came/],
    ['a picture', { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }, /but an object came/],
    ['nothing', undefined, /but undefined came/],
    ['a list of numbers', [1, 2], /but \[1, 2\] came/],
  ])('%s is one clear error', async (_, data, message) => {
    const source = frameSource([{ data: data as tf.Tensor4D, timestamp: 0 }], { source: 'test' });
    const { error } = await run(source.pipe(batch({ size: 1 })));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toMatchObject({ stage: 'batch', frame: { seq: 0 } });
    expect(String(error)).toMatch(/batch needs tensors of one frame each, \[1, …\], /);
    expect(String(error)).toMatch(message);
    expect(closedAccount(source)).toMatchObject({ failed: 1 });
  });

  it.each<[string, () => tf.Tensor]>([
    ['a scalar', () => tf.scalar(1)],
    ['two at once', () => tf.ones([2, 3])],
    ['none at all', () => tf.ones([0, 3])],
  ])('%s, too; under skip the others go on', async (_, make) => {
    await leakFree(async () => {
      const list = [tf.ones([1, 3]), make(), tf.ones([1, 3])].map((data, timestamp) => ({ data, timestamp }));
      const source = frameSource(list, { source: 'test', onError: 'skip' });
      const failures: unknown[] = [];
      source.failures.subscribe(({ error }) => failures.push(error));
      const { values, completed } = await run(
        source.pipe(
          batch({ size: 2 }),
          map(({ data }) => data.shape),
        ),
      );
      expect([values, completed]).toEqual([[[2, 3]], true]);
      expect(failures).toEqual([expect.any(ShapeError)]);
      expect(closedAccount(source)).toMatchObject({ discarded: 2, failed: 1 });
    });
  });

  it('a tensor that was disposed meanwhile fails its batch', async () => {
    const { failures, account, values } = await through(
      (source) =>
        source.pipe(
          tap((frame) => frame.label.seq === 2 && frame.data.dispose()),
          batch({ size: 2 }),
          sizes,
        ),
      { onError: 'skip', count: 6 },
    );
    expect(values).toEqual([2, 2]);
    expect(failures).toEqual(['2 batch stage-failed', '3 batch stage-failed']);
    expect(account).toMatchObject({ failed: 2, discarded: 4 });
  });

  it('a frame that was released already', () => {
    const dead = Frame.of(arrival(0).data, { source: 'test', seq: 0, timestamp: 0 });
    dead.release();
    return leakFree(async () => {
      const live = Frame.of(arrival(1).data, { source: 'test', seq: 1, timestamp: 1 });
      const { error } = await run(of(live, dead).pipe(batch({ size: 4 })));
      expect(error).toBeInstanceOf(FrameReleasedError);
      live.release();
    });
  });
});

describe('unbatch of what is no batch', () => {
  const squeeze = stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'squeeze' },
    outputShape: (shape) => shape,
    kernel: () => (x) => tf.mean<tf.Tensor4D>(x, 0, true),
  });

  it.each<[string, (source: Tensors) => Observable<unknown>, RegExp]>([
    ['a plain frame', (from) => from.pipe(unbatch()), /no frames went in, \[1, 1, 1, 2\] came/],
    [
      'another size',
      (from) => from.pipe(batch({ size: 3 }), squeeze, unbatch()),
      /3 frames went in, \[1, 1, 1, 2\] came/,
    ],
    ['taken apart twice', (from) => from.pipe(batch({ size: 2 }), unbatch(), unbatch()), /no frames went in/],
    [
      'no tensor',
      () => frameSource([{ data: 'x' as never as tf.Tensor, timestamp: 0 }], { source: 'other' }).pipe(unbatch()),
      /no frames went in, "x" came/,
    ],
  ])('%s', async (_, pipe, message) => {
    const { error, values } = await through(pipe);
    expect(values).toEqual([]);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ stage: 'unbatch' });
    expect(String(error)).toMatch(message);
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
