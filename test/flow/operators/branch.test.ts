import * as tf from '@tensorflow/tfjs-core';
import {
  catchError,
  EMPTY,
  ignoreElements,
  map,
  merge,
  NEVER,
  Observable,
  of,
  pipe,
  repeat,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import { frameSource, branch, markDelivered, Frame, inOrder, OptionError, stage, useEngine, zipLatest } from 'sluice';
import { inVirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, double, frames, valueOf } from '../../support/frames.ts';
import { type TensorFrame, seqs, upTo, camera, byBranch, as } from '../../support/branches.ts';

beforeAll(() => useEngine('wasm'));

describe('what branches are given', () => {
  it('begins with the first frame for all of them, however late one subscribes', async () => {
    await leakFree(async () => {
      const late = (from: Observable<TensorFrame>): Observable<TensorFrame> => timer(20).pipe(switchMap(() => from));
      const { values } = await run(
        frames(4).pipe(branch({ through: pipe(seqs, as('soon')) }, { through: pipe(late, seqs, as('late')) })),
      );
      expect(byBranch(values)).toEqual({ soon: upTo(4), late: upTo(4) });
    });
  });

  it('a branch that takes nothing is not waited for', async () => {
    const { values, completed } = await run(frames(3).pipe(branch({ through: () => of(-1) }, { through: seqs })));
    expect([values, completed]).toEqual([[-1, 0, 1, 2], true]);
  });

  it('a branch may use its frames in several ways', async () => {
    await leakFree(async () => {
      const both = (from: Observable<TensorFrame>): Observable<readonly [string, number]> =>
        merge(from.pipe(double(), map(valueOf), as('a')), from.pipe(map(valueOf), as('b')));
      for (const source of [frames(4), frameSource(of(arrival(0), arrival(1)), { source: 'pushed', maxInFlight: 4 })]) {
        const { values } = await run(source.pipe(branch({ through: both })));
        const seen = byBranch(values);
        expect(seen['a']).toEqual(seen['b']?.map((value) => 2 * value));
        expect(seen['b']?.slice(0, 2)).toEqual([0, 1]);
        closedAccount(source);
      }
    });
  });

  it('two subscribers have branches of their own', async () => {
    await leakFree(async () => {
      const source = frames(5);
      const branched = source.pipe(branch({ through: seqs }));
      const [a, b] = await Promise.all([run(branched), run(branched)]);
      expect([a.values, b.values]).toEqual([upTo(5), upTo(5)]);
      expect(closedAccount(source)).toMatchObject({ produced: 10, delivered: 10 });
    });
  });

  it('branches of branches', async () => {
    await leakFree(async () => {
      const { values } = await run(
        frames(5).pipe(
          branch(
            { through: branch({ through: pipe(seqs, as('a')) }, { through: pipe(double(), seqs, as('b')) }) },
            { through: pipe(seqs, as('c')) },
          ),
        ),
      );
      expect(byBranch(values)).toEqual({ a: upTo(5), b: upTo(5), c: upTo(5) });
    });
  });

  it('a repeated source, whose clock begins anew', async () => {
    await leakFree(async () => {
      const source = frames(3);
      const { values, completed, error } = await run(source.pipe(repeat(2), branch({ through: seqs })));
      expect(error).toBeUndefined();
      expect([values, completed]).toEqual([[0, 1, 2, 0, 1, 2], true]);
    });
  });

  it('several frames made of one, which have one timestamp', async () => {
    await leakFree(async () => {
      const halves = (from: Observable<TensorFrame>): Observable<TensorFrame> =>
        new Observable((subscriber) =>
          from.subscribe({
            next(frame) {
              for (const half of tf.split<tf.Tensor4D>(frame.data, 2, 3)) {
                const part = frame.derive(half);
                subscriber.next(part);
                part.release();
              }
            },
            complete: () => subscriber.complete(),
          }),
        );
      const { values } = await run(frames(2).pipe(halves, branch({ through: seqs, policy: 'wait' })));
      expect(values).toEqual([0, 0, 1, 1]);
    });
  });

  it('plain data and pictures are shared as they are', async () => {
    const picture = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 as const };
    const source = frameSource([{ data: picture, timestamp: 0 }], { source: 'test' });
    const { values } = await run(
      source.pipe(branch({ through: map(({ data }) => data) }, { through: map(({ data }) => data) })),
    );
    expect(values).toEqual([picture, picture]);
    expect(values.every((data) => data === picture)).toBe(true);
  });

  /** As a browser's VideoFrame: a clone shares the memory, and each must be closed. */
  class FakeVideoFrame {
    static open = 0;
    #open = true;
    constructor() {
      FakeVideoFrame.open++;
    }
    clone(): FakeVideoFrame {
      if (!this.#open) throw new TypeError('a closed frame can’t be cloned');
      return new FakeVideoFrame();
    }
    close(): void {
      if (this.#open) FakeVideoFrame.open--;
      this.#open = false;
    }
    get live(): boolean {
      return this.#open;
    }
  }

  it('video frames are cloned, and all closed', async () => {
    for (const arrivals of [[0, 1, 2], of(0, 1, 2)]) {
      const data = (k: number) => ({ data: new FakeVideoFrame(), timestamp: k });
      const list = Array.isArray(arrivals) ? arrivals.map(data) : arrivals.pipe(map(data));
      const source = frameSource(list, { source: 'test', maxInFlight: 3 });
      const later = inOrder(3, async ({ data: picture }: Frame<FakeVideoFrame>) => {
        await idle();
        return picture.live;
      });
      const { values } = await run(
        source.pipe(
          branch({ through: later, maxInFlight: 3 }, { through: later, maxInFlight: 3 }, { through: take(1) }),
        ),
      );
      expect(values.filter((value) => value === true)).toHaveLength(6);
      await idle();
      expect(FakeVideoFrame.open).toBe(0);
      closedAccount(source);
    }
  });

  it('what must be closed and can’t be cloned is refused, and closed', async () => {
    let closed = 0;
    const source = frameSource([{ data: { close: () => closed++ }, timestamp: 0 }], { source: 'test' });
    const { error } = await run(source.pipe(branch({ through: seqs })));
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toMatch(/can't be cloned.*preprocess/);
    expect(error).toMatchObject({ stage: 'branch', frame: { seq: 0 } });
    await idle();
    expect(closed).toBe(1);
  });

  it('pairs are refused: they hold tensors that are not theirs', async () => {
    await leakFree(async () => {
      const [left, right] = [frames(2, { maxInFlight: 1 }), frames(2, { maxInFlight: 1 })];
      const { error } = await run(zipLatest(left, right).pipe(branch({ through: ignoreElements() })));
      expect(error).toBeInstanceOf(OptionError);
      await idle();
      closedAccount(left);
      closedAccount(right);
    });
  });

  it('a frame that is not alive is told', async () => {
    await leakFree(async () => {
      const dead = Frame.of(1, { source: 'test', seq: 0, timestamp: 0 });
      dead.release();
      const { error } = await run(of(dead).pipe(branch({ through: seqs })));
      expect(error).toMatchObject({ code: 'frame-released', frame: { seq: 0 } });
    });
  });

  it('a synchronous stream without end stops when the branches have enough', async () => {
    await leakFree(async () => {
      const endless = new Observable<TensorFrame>((subscriber) => {
        for (let seq = 0; !subscriber.closed; seq++) {
          if (seq > 100) throw new Error('it does not stop');
          const frame = Frame.of(arrival(seq).data, { source: 'test', seq, timestamp: seq });
          subscriber.next(frame);
          frame.release();
        }
      });
      const { values } = await run(endless.pipe(branch({ through: pipe(seqs, take(3)) })));
      expect(values).toEqual([0, 1, 2]);
    });
  });

  it('a stage in a branch that stalls is named', async () => {
    await leakFree(() =>
      inVirtualTime(async () => {
        const kept: TensorFrame[] = [];
        const hoard = tap((frame: TensorFrame) => kept.push(frame.retain('my album')));
        const { error } = await run(
          camera(100).pipe(branch({ through: hoard, name: 'album', leaseTimeout: 500 }, { through: seqs })),
        );
        expect(error).toMatchObject({ code: 'stall' });
        expect(String(error)).toMatch(/frame camera #0 .* is held by my album/);
        kept.forEach((frame) => frame.release());
      }),
    );
  });
});

describe('what is wrong is told when the pipe is put together', () => {
  const fine = { through: markDelivered<number>() };
  it.each<[string, readonly unknown[], RegExp]>([
    ['no branch', [], /branch takes at least one branch/],
    ['an operator by itself', [markDelivered()], /branch 1 must be \{ through: an operator \}, not a function/],
    ['nothing', [fine, undefined], /branch 2 must be .*not undefined/],
    ['through that is no function', [fine, { through: 5 }], /branch 2 must be/],
  ])('%s', (_, given, message) => {
    const make = () => branch<number, [Frame<number>]>(...(given as [typeof fine]));
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    ['a policy that does not exist', { policy: 'newest' }, /branch 2: policy must be/],
    ['no frame in flight', { maxInFlight: 0 }, /branch 2: maxInFlight must be a whole number of at least 1/],
    ['an impossible age, by name', { maxAge: -1, name: 'labels' }, /labels: maxAge must be a number of ms over 0/],
    ['an empty name', { name: '' }, /source must be the source's name/],
    ['onError', { onError: 'ignore' }, /onError must be 'stop' or 'skip'/],
  ])('%s', (_, options, message) => {
    for (const source of [
      frameSource<number>([], { source: 'file' }),
      frameSource<number>(NEVER, { source: 'camera' }),
    ]) {
      const put = () => source.pipe(branch<number, Frame<number>[]>(fine, { ...fine, ...options }));
      expect(put).toThrow(OptionError);
      expect(put).toThrow(message);
    }
  });

  it('what a branch throws when it is tried', () => {
    const through = (): never => {
      throw new Error('not like this');
    };
    expect(() => frames(1).pipe(branch({ through }))).toThrow('not like this');
  });
});

it('stages and failures of a common part come before the branches', async () => {
  await leakFree(async () => {
    const source = frames(5, { onError: 'skip' });
    const broken = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'broken' },
      outputShape: (shape) => shape,
      kernel: () => (x) => {
        if (valueOf(x) === 2) throw new Error('no');
        return x.clone();
      },
    });
    const { values, completed } = await run(
      source.pipe(
        broken,
        branch({
          through: pipe(
            seqs,
            catchError(() => EMPTY),
          ),
        }),
      ),
    );
    expect([values, completed]).toEqual([[0, 1, 3, 4], true]);
    expect(closedAccount(source)).toMatchObject({ delivered: 4, failed: 1 });
  });
});
