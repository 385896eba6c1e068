import * as tf from '@tensorflow/tfjs-core';
import { map, merge, NEVER, Observable, of, Subject, take, tap } from 'rxjs';
import {
  frameSource,
  batch,
  markDelivered,
  dense,
  Frame,
  FrameReleasedError,
  OptionError,
  ShapeError,
  StageError,
  stage,
  unbatch,
  useEngine,
  type Arrival,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, arrivals, double, failing, frames } from '../../support/frames.ts';
import { type Tensors, through, numbers, type TensorFrame, sizes } from '../../support/batched.ts';

beforeAll(() => useEngine('wasm'));

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
    ['a number', 5, /but got 5/],
    ['a picture', { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }, /but got an object/],
    ['nothing', undefined, /but got undefined/],
    ['a list of numbers', [1, 2], /but got \[1, 2\]/],
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
    ['a plain frame', (from) => from.pipe(unbatch()), /no frames went in, but got \[1, 1, 1, 2\]/],
    [
      'another size',
      (from) => from.pipe(batch({ size: 3 }), squeeze, unbatch()),
      /3 frames went in, but got \[1, 1, 1, 2\]/,
    ],
    ['taken apart twice', (from) => from.pipe(batch({ size: 2 }), unbatch(), unbatch()), /no frames went in/],
    [
      'no tensor',
      () => frameSource([{ data: 'x' as never as tf.Tensor, timestamp: 0 }], { source: 'other' }).pipe(unbatch()),
      /no frames went in, but got "x"/,
    ],
  ])('%s', async (_, pipe, message) => {
    const { error, values } = await through(pipe);
    expect(values).toEqual([]);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ stage: 'unbatch' });
    expect(String(error)).toMatch(message);
  });
});
