import type * as tf from '@tensorflow/tfjs-core';
import { assert, asyncProperty, array, boolean, integer, record } from 'fast-check';
import { map, Observable, of, Subject, take, tap } from 'rxjs';
import {
  frameSource,
  Frame,
  FrameReleasedError,
  inOrder,
  OptionError,
  StageError,
  useEngine,
  type Arrival,
} from 'sluice';
import { inVirtualTime, type VirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, double, failing, frames, valueOf } from '../../support/frames.ts';

beforeAll(() => useEngine('wasm'));

type TensorFrame = Frame<tf.Tensor4D>;

const pause = (time: VirtualTime, ms: number) => new Promise<void>((resolve) => time.after(ms, resolve));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('inOrder', () => {
  it('gives the results in the order of the frames, however long each takes', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const source = frames(6, { maxInFlight: 6 });
        const done: number[] = [];
        const work = async (frame: TensorFrame): Promise<number> => {
          await pause(time, 60 - 10 * frame.label.seq);
          done.push(frame.label.seq);
          return 10 * valueOf(frame);
        };
        const { values, completed } = await run(source.pipe(inOrder(6, work)));
        expect(done).toEqual([5, 4, 3, 2, 1, 0]);
        expect([values, completed]).toEqual([[0, 10, 20, 30, 40, 50], true]);
        expect(closedAccount(source)).toEqual({ produced: 6, delivered: 6, discarded: 0, failed: 0 });
      }),
    );
  });

  it.each([1, 2, 3, 5])('works on at most %i at a time, and on so many as soon as it can', async (concurrency) => {
    await inVirtualTime(async (time) => {
      let [busy, most] = [0, 0];
      const work = async ({ label }: TensorFrame): Promise<number> => {
        most = Math.max(most, ++busy);
        await pause(time, 10);
        busy--;
        return label.seq;
      };
      await run(frames(10, { maxInFlight: 8 }).pipe(inOrder(concurrency, work)));
      expect(most).toBe(concurrency);
      expect(time.now()).toBe(Math.ceil(10 / concurrency) * 10);
    });
  });

  it('keeps a frame, and its lease, until its result is out: the gate sees who is behind', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const source = frames(5, { maxInFlight: 2 });
        const open: number[] = [];
        const work = async ({ label }: TensorFrame): Promise<number> => {
          open.push(source.ledger.counts.inFlight);
          await pause(time, label.seq === 0 ? 100 : 1);
          return time.now();
        };
        const { values } = await run(source.pipe(inOrder(2, work)));
        // Frame 1 is done at 1 ms, but may not go before frame 0; nor may frame 2 come in.
        expect(values).toEqual([100, 1, 101, 101, 102]);
        expect(Math.max(...open)).toBe(2);
      }),
    );
  });

  it('takes work that is not asynchronous at all, and undefined for a result', async () => {
    const { values } = await run(frames(3).pipe(inOrder(1, (() => undefined) as never)));
    expect(values).toEqual([undefined, undefined, undefined]);
  });

  it('begins anew for each subscriber', async () => {
    await leakFree(async () => {
      const source = frames(4);
      const results = source.pipe(inOrder(2, async (frame) => valueOf(frame)));
      const [a, b] = await Promise.all([run(results), run(results)]);
      expect([a.values, b.values]).toEqual([upTo(4), upTo(4)]);
      expect(closedAccount(source)).toMatchObject({ produced: 8, delivered: 8 });
    });
  });

  it('an empty source completes', async () => {
    expect(await run(frames(0).pipe(inOrder(2, async () => 1)))).toEqual({ values: [], completed: true });
  });

  it('a source that completes meanwhile: what is at work comes out first', async () => {
    const came = new Subject<Arrival<number>>();
    let finish = (): void => undefined;
    const ended = run(
      frameSource(came, { source: 'test' }).pipe(
        inOrder(1, async ({ label }) => {
          await new Promise<void>((resolve) => (finish = resolve));
          return label.seq;
        }),
      ),
    );
    await idle();
    came.next({ data: 1, timestamp: 0 });
    came.complete();
    await idle();
    finish();
    expect(await ended).toEqual({ values: [0], completed: true });
  });

  it('a source that fails meanwhile: what is at work comes out first', async () => {
    await leakFree(async () => {
      const torn = function* (): Generator<Arrival<tf.Tensor4D>> {
        yield arrival(0);
        throw new Error('torn');
      };
      const source = frameSource(torn(), { source: 'test' });
      const { values, error } = await run(source.pipe(inOrder(1, async (frame) => (await idle(), valueOf(frame)))));
      expect([values, String(error)]).toEqual([[0], 'Error: torn']);
      expect(closedAccount(source)).toMatchObject({ delivered: 1 });
    });
  });
});

describe('work that fails', () => {
  const failingOn = (...seqs: number[]) =>
    inOrder(3, async (frame: TensorFrame) => {
      await idle();
      if (seqs.includes(frame.label.seq)) throw new RangeError(`no ${frame.label.seq}`);
      return frame.label.seq;
    });

  it('stops the stream, after what came before it', async () => {
    await leakFree(async () => {
      const source = frames(6, { maxInFlight: 4 });
      const failures: number[] = [];
      source.failures.subscribe(({ label }) => failures.push(label.seq));
      const { values, error } = await run(source.pipe(failingOn(2, 3)));
      expect(values).toEqual([0, 1]);
      expect(error).toBeInstanceOf(StageError);
      expect(error).toMatchObject({ stage: 'inOrder', frame: { seq: 2 }, cause: new RangeError('no 2') });
      expect(failures).toEqual([2]);
      const account = closedAccount(source);
      expect(account).toMatchObject({ delivered: 2, failed: 1 });
      await idle();
    });
  });

  it('costs its frame only, under skip', async () => {
    await leakFree(async () => {
      const source = frames(6, { maxInFlight: 4, onError: 'skip' });
      const { values, completed } = await run(source.pipe(failingOn(0, 2, 5)));
      expect([values, completed]).toEqual([[1, 3, 4], true]);
      expect(closedAccount(source)).toEqual({ produced: 6, delivered: 3, discarded: 0, failed: 3 });
    });
  });

  it('all of it', async () => {
    const source = frames(4, { onError: 'skip' });
    expect(await run(source.pipe(failingOn(0, 1, 2, 3)))).toEqual({ values: [], completed: true });
    expect(closedAccount(source)).toMatchObject({ failed: 4 });
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'at once',
    ],
    ['throws no Error', () => Promise.reject('just text'), 'just text'],
    ['rejects with nothing', () => Promise.reject(undefined), 'undefined'],
  ])('that %s is named', async (_, work, message) => {
    const named = inOrder(1, work as () => Promise<never>, { name: 'reader' });
    const { error } = await run(frames(1).pipe(named));
    expect(error).toMatchObject({ code: 'stage-failed', stage: 'reader', frame: { seq: 0 } });
    expect(String(error)).toBe(`StageError: stage reader failed on frame test #0 at 0.000 s: ${message}`);
  });

  it('a check that throws fails the frame before any work', async () => {
    await leakFree(async () => {
      const worked: number[] = [];
      const source = frames(4, { onError: 'skip' });
      const checked = inOrder(2, async ({ label }: TensorFrame) => worked.push(label.seq), {
        check: ({ label }) => {
          if (label.seq % 2) throw new TypeError('odd');
        },
      });
      const { completed } = await run(source.pipe(checked));
      expect(completed).toBe(true);
      expect(worked).toEqual([0, 2]);
      expect(closedAccount(source)).toMatchObject({ delivered: 2, failed: 2 });
    });
  });

  it('a check that stops the stream lets what is at work come out first', async () => {
    await leakFree(async () => {
      const source = frames(4, { maxInFlight: 4 });
      const checked = inOrder(2, async ({ label }: TensorFrame) => (await idle(), label.seq), {
        check: ({ label }) => {
          if (label.seq === 2) throw new TypeError('two');
        },
      });
      const { values, error } = await run(source.pipe(checked));
      expect(values).toEqual([0, 1]);
      expect(error).toMatchObject({ frame: { seq: 2 } });
      closedAccount(source);
    });
  });
});

describe('leaving', () => {
  it('in the middle of work: the frames go back, the results go nowhere', async () => {
    await leakFree(async () => {
      const source = frames(6, { maxInFlight: 4 });
      const finished: number[] = [];
      const results: number[] = [];
      const work = async (frame: TensorFrame): Promise<number> => {
        const [value] = await frame.data.data();
        await idle();
        finished.push(value ?? NaN);
        return value ?? NaN;
      };
      const subscription = source.pipe(inOrder(2, work)).subscribe((value) => results.push(value));
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(source.ledger.counts.inFlight).toBe(4);
      subscription.unsubscribe();
      expect(closedAccount(source)).toMatchObject({ discarded: 4 });
      await idle();
      await idle();
      expect(finished).toEqual([0, 1]);
      expect(results).toEqual([]);
    });
  });

  it('work that fails after everybody has left disturbs nobody', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const source = frames(2);
    const subscription = source
      .pipe(inOrder(2, async () => (await idle(), Promise.reject(new Error('late')))))
      .subscribe();
    await new Promise((resolve) => setTimeout(resolve, 0));
    subscription.unsubscribe();
    await idle();
    await idle();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('with the first result', async () => {
    await leakFree(async () => {
      const source = frames(6, { maxInFlight: 4 });
      const { values } = await run(
        source.pipe(
          inOrder(4, async (frame) => valueOf(frame)),
          take(1),
        ),
      );
      expect(values).toEqual([0]);
      const { delivered, produced = 0, discarded = 0 } = closedAccount(source);
      expect([delivered, delivered! + discarded]).toEqual([1, produced]);
    });
  });

  it('with the second of results that are there at once', async () => {
    await leakFree(() =>
      inVirtualTime(async (time) => {
        const source = frames(6, { maxInFlight: 6 });
        const work = async ({ label }: TensorFrame): Promise<number> => {
          await pause(time, label.seq === 0 ? 50 : 1);
          return label.seq;
        };
        const { values } = await run(source.pipe(inOrder(6, work), take(2)));
        expect(values).toEqual([0, 1]);
        expect(closedAccount(source)).toMatchObject({ delivered: 2 });
      }),
    );
  });

  it('of a synchronous stream without end', async () => {
    let seq = 0;
    const endless = new Observable<Frame<number>>((subscriber) => {
      for (; !subscriber.closed && seq < 1000; seq++) {
        const frame = Frame.of(seq, { source: 'test', seq, timestamp: seq });
        subscriber.next(frame);
        frame.release();
      }
    });
    // A check that fails is the only thing that can end it within subscribe.
    const check = ({ data }: Frame<number>) => {
      if (data === 3) throw new Error('enough');
    };
    const { values, error } = await run(endless.pipe(inOrder(1, async ({ data }) => data, { check })));
    expect(values).toEqual([0, 1, 2]);
    expect(error).toBeInstanceOf(StageError);
    expect(seq).toBe(4);
  });
});

describe('misuse', () => {
  it('a frame that is not alive', async () => {
    const dead = Frame.of(1, { source: 'test', seq: 0, timestamp: 0 });
    dead.release();
    const { error } = await run(of(dead).pipe(inOrder(1, async () => 1)));
    expect(error).toBeInstanceOf(FrameReleasedError);
  });

  it('work that releases its frame is told, whatever onError says, and nothing else is lost', async () => {
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    await leakFree(async () => {
      const source = frames(5, { maxInFlight: 3, onError: 'skip' });
      const { error } = await run(
        source.pipe(
          inOrder(2, async (frame) => {
            await idle();
            if (frame.live) frame.release();
            return 1;
          }),
        ),
      );
      expect(error).toBeInstanceOf(FrameReleasedError);
      expect(String(error)).toMatch(/was released again/);
      await idle();
      closedAccount(source);
    });
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('work that reads a frame of before', async () => {
    await leakFree(async () => {
      const source = frames(5, { onError: 'skip' });
      let before: TensorFrame | undefined;
      const { error } = await run(
        source.pipe(
          inOrder(1, async (frame) => {
            await idle();
            const value = valueOf(before ?? frame);
            before = frame;
            return value;
          }),
        ),
      );
      expect(error).toBeInstanceOf(FrameReleasedError);
      expect(error).toMatchObject({ frame: { seq: 0 } });
      await idle();
      closedAccount(source);
    });
  });

  it('data that can’t be freed ends the stream', async () => {
    const data = {
      close: () => {
        throw new Error('stuck');
      },
    };
    const source = frameSource([{ data, timestamp: 0 }], { source: 'test' });
    const { error } = await run(source.pipe(inOrder(1, async () => idle())));
    expect(String(error)).toBe('Error: stuck');
    closedAccount(source);
  });

  it.each<[unknown, unknown, RegExp]>([
    [0, async () => 1, /inOrder: concurrency must be a whole number of at least 1, not 0/],
    [1.5, async () => 1, /not 1.5/],
    [Infinity, async () => 1, /not Infinity/],
    ['2', async () => 1, /not "2"/],
    [1, undefined, /inOrder: work must be a function, not undefined/],
    [1, 'work', /work must be a function, not "work"/],
  ])('inOrder(%j, %s) is refused at once', (concurrency, work, message) => {
    const make = () => inOrder(concurrency as number, work as () => Promise<number>);
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});

it('under any times, failures and limits: the order holds, and every frame is accounted for', async () => {
  const job = record({ ms: integer({ min: 0, max: 30 }), fails: boolean() });
  await leakFree(() =>
    assert(
      asyncProperty(
        array(job, { maxLength: 25 }),
        integer({ min: 1, max: 5 }),
        integer({ min: 1, max: 6 }),
        boolean(),
        integer({ min: 1, max: 30 }),
        async (jobs, concurrency, maxInFlight, skips, wanted) => {
          await inVirtualTime(async (time) => {
            const source = frames(jobs.length, { maxInFlight, onError: skips ? 'skip' : 'stop' });
            let [busy, most] = [0, 0];
            const work = async ({ label }: TensorFrame): Promise<number> => {
              const { ms = 0, fails = false } = jobs[label.seq] ?? {};
              most = Math.max(most, ++busy);
              await pause(time, ms);
              busy--;
              if (fails) throw new Error('as planned');
              return label.seq;
            };
            const { values } = await run(source.pipe(double(), inOrder(concurrency, work), take(wanted)));
            const good = jobs.map(({ fails }, seq) => (fails ? -1 : seq));
            const until = skips ? good.length : good.includes(-1) ? good.indexOf(-1) : good.length;
            expect(values).toEqual(
              good
                .slice(0, until)
                .filter((seq) => seq >= 0)
                .slice(0, wanted),
            );
            expect(most).toBeLessThanOrEqual(Math.min(concurrency, maxInFlight));
            await time.run();
            expect(closedAccount(source)['delivered']).toBe(values.length);
          });
        },
      ),
      { numRuns: 150 },
    ),
  );
});

it('goes well with stages before it', async () => {
  await leakFree(async () => {
    const source = frames(4, { onError: 'skip' });
    const { values } = await run(
      source.pipe(
        double(),
        failing(2),
        tap(),
        inOrder(2, async (frame) => valueOf(frame)),
        map((x) => x + 1),
      ),
    );
    expect(values).toEqual([1, 5, 7]);
    expect(closedAccount(source)).toMatchObject({ delivered: 3, failed: 1 });
  });
});
