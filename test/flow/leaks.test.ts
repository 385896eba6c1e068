import * as tf from '@tensorflow/tfjs-core';
import {
  asyncScheduler,
  bufferCount,
  catchError,
  concatMap,
  config,
  delay,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  first,
  firstValueFrom,
  from,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  observeOn,
  pairwise,
  repeat,
  retry,
  scan,
  share,
  skip,
  Subject,
  switchMap,
  take,
  tap,
  timer,
  toArray,
  withLatestFrom,
  zip,
  type Observable,
} from 'rxjs';
import { classify, markDelivered, FrameReleasedError, StageError, useEngine, type Frame, type Source } from 'sluice';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, expectLaw, idle, leakFree, run, watch, type Run } from '../support/balance.ts';
import { double, failing, frames, scores, valueOf } from '../support/frames.ts';

type Tensors = Source<tf.Tensor4D>;
type TensorFrame = Frame<tf.Tensor4D>;

beforeAll(() => useEngine('wasm'));

afterEach(() => {
  config.onUnhandledError = null;
});

/** Six frames through a pipe of plain RxJS: what came out, and that every frame is accounted for and freed. */
async function through<T>(
  pipe: (source: Tensors) => Observable<T>,
  options: Parameters<typeof frames>[1] = {},
): Promise<Run<T> & { account: Record<string, number> }> {
  return leakFree(async () => {
    const source = frames(6, options);
    const seen = watch(source);
    const result = await run(pipe(source));
    await idle();
    expect(seen.leases(), 'leases open at once').toBeLessThanOrEqual(options.maxInFlight ?? 2);
    return { ...result, account: closedAccount(source) };
  });
}

/** An operator that needs a frame for longer keeps it, and lets it go however its work ends. */
function keepingIt(work: (frame: TensorFrame) => Observable<unknown>): (frame: TensorFrame) => Observable<number> {
  return (frame) => {
    frame.retain();
    return work(frame).pipe(
      map(() => valueOf(frame)),
      finalize(() => frame.release()),
    );
  };
}

const soon = (): Observable<unknown> => from(Promise.resolve());

describe('synchronous operators free nothing, and nothing is left', () => {
  it('plain', async () => {
    const { values, account, completed } = await through((source) =>
      source.pipe(double(), markDelivered(), map(valueOf)),
    );
    expect(values).toEqual([0, 2, 4, 6, 8, 10]);
    expect(completed).toBe(true);
    expect(account).toEqual({ produced: 6, delivered: 6, discarded: 0, failed: 0 });
  });

  it('without markDelivered() they count as discarded', async () => {
    const { account } = await through((source) => source.pipe(double(), map(valueOf)));
    expect(account).toEqual({ produced: 6, delivered: 0, discarded: 6, failed: 0 });
  });

  it('with no stage at all', async () => {
    const { account } = await through((source) => source.pipe(ignoreElements()));
    expect(account).toEqual({ produced: 6, delivered: 0, discarded: 6, failed: 0 });
  });

  it('filter before and between the stages', async () => {
    const { values, account } = await through((source) =>
      source.pipe(
        filter(({ label }) => label.seq % 2 === 0),
        double(),
        filter((frame) => valueOf(frame) > 0),
        double(),
        markDelivered(),
        map(valueOf),
      ),
    );
    expect(values).toEqual([8, 16]);
    expect(account).toEqual({ produced: 6, delivered: 2, discarded: 4, failed: 0 });
  });

  it('tap between the stages', async () => {
    const seen: number[] = [];
    const { values } = await through((source) =>
      source.pipe(
        double(),
        tap((frame) => seen.push(valueOf(frame))),
        double(),
        map(valueOf),
      ),
    );
    expect(seen).toEqual([0, 2, 4, 6, 8, 10]);
    expect(values).toEqual([0, 4, 8, 12, 16, 20]);
  });

  it('map to what is no frame, in the middle', async () => {
    const { values } = await through((source) =>
      source.pipe(
        double(),
        map(valueOf),
        scan((sum, x) => sum + x, 0),
      ),
    );
    expect(values.at(-1)).toBe(30);
  });

  it('share and merge: two branches of one frame, each with stages of its own', async () => {
    const { values, account } = await through((source) => {
      const shared = source.pipe(double(), share());
      return merge(shared.pipe(double('left'), markDelivered()), shared.pipe(double('right'), double('right2'))).pipe(
        map(valueOf),
      );
    });
    expect(values).toEqual([0, 0, 4, 8, 8, 16, 12, 24, 16, 32, 20, 40]);
    expect(account).toEqual({ produced: 6, delivered: 6, discarded: 0, failed: 0 });
  });

  it('take, mid-stream: the source is asked for no more', async () => {
    const { values, account } = await through((source) =>
      source.pipe(double(), take(2), markDelivered(), map(valueOf)),
    );
    expect(values).toEqual([0, 2]);
    expect(account).toEqual({ produced: 2, delivered: 2, discarded: 0, failed: 0 });
  });

  it('take before the stages', async () => {
    const { account } = await through((source) => source.pipe(take(3), double(), markDelivered()));
    expect(account).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
  });

  it('first', async () => {
    const { values, account } = await through((source) =>
      source.pipe(
        double(),
        first((frame) => valueOf(frame) >= 4),
        markDelivered(),
        map(valueOf),
      ),
    );
    expect(values).toEqual([4]);
    expect(account).toEqual({ produced: 3, delivered: 1, discarded: 2, failed: 0 });
  });

  it('withLatestFrom a stream of numbers', async () => {
    const { values } = await through((source) =>
      source.pipe(
        double(),
        withLatestFrom(from([10, 20])),
        map(([frame, n]) => valueOf(frame) + n),
      ),
    );
    expect(values).toEqual([20, 22, 24, 26, 28, 30]);
  });
});

describe('operators that keep a frame on purpose retain it', () => {
  it('concatMap: all of them, in order, and the gate holds the source back', async () => {
    const { values, account } = await through((source) => source.pipe(double(), concatMap(keepingIt(() => timer(1)))), {
      maxInFlight: 1,
    });
    expect(values).toEqual([0, 2, 4, 6, 8, 10]);
    expect(account).toEqual({ produced: 6, delivered: 0, discarded: 6, failed: 0 });
  });

  it('mergeMap: as many at once as there are leases', async () => {
    let [running, most] = [0, 0];
    const { values } = await through(
      (source) =>
        source.pipe(
          mergeMap(
            keepingIt(() => {
              most = Math.max(most, ++running);
              return timer(1).pipe(finalize(() => running--));
            }),
          ),
        ),
      { maxInFlight: 3 },
    );
    expect(values.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(3);
  });

  it('exhaustMap: frames that come while one is worked on pass by', async () => {
    const { values, account } = await through((source) => source.pipe(double(), exhaustMap(keepingIt(soon))));
    expect(values[0]).toBe(0);
    expect(values.length).toBeLessThan(6);
    expect(account).toMatchObject({ produced: 6, discarded: 6 });
  });

  it('switchMap: every newer frame cancels the work on the older', async () => {
    const { values, account } = await through((source) => source.pipe(switchMap(keepingIt(() => timer(5)))));
    expect(values).toEqual([5]);
    expect(account).toMatchObject({ produced: 6, discarded: 6 });
  });

  it('unsubscribing lets go of what they keep', () =>
    leakFree(async () => {
      const source = frames(6);
      const subscription = source.pipe(mergeMap(keepingIt(() => timer(60_000)))).subscribe();
      await idle();
      expect(source.ledger.counts.inFlight).toBe(2);
      subscription.unsubscribe();
      expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
    }));

  it('a retained frame that is let go after the end is still accounted for', () =>
    leakFree(async () => {
      const source = frames(1);
      const kept: TensorFrame[] = [];
      await run(
        source.pipe(
          double(),
          tap((frame) => kept.push(frame.retain())),
        ),
      );
      expectLaw(source.ledger.counts);
      expect(source.ledger.counts.inFlight).toBe(1);
      expect(kept.map(valueOf)).toEqual([0]);
      kept[0]?.release();
      expect(closedAccount(source)).toEqual({ produced: 1, delivered: 0, discarded: 1, failed: 0 });
    }));
});

describe('operators that keep a frame without retaining it are told so, and leak nothing', () => {
  const misused: [string, (source: Tensors) => Observable<number>][] = [
    ['delay', (source) => source.pipe(double(), delay(1), map(valueOf))],
    ['delay before a stage', (source) => source.pipe(delay(1), double(), map(valueOf))],
    ['observeOn', (source) => source.pipe(observeOn(asyncScheduler), double(), map(valueOf))],
    [
      'bufferCount',
      (source) =>
        source.pipe(
          double(),
          bufferCount(3),
          map((all) => all.length * valueOf(all[0] as TensorFrame)),
        ),
    ],
    [
      'toArray',
      (source) =>
        source.pipe(
          toArray(),
          map((all) => valueOf(all[5] as TensorFrame)),
        ),
    ],
    [
      'pairwise',
      (source) =>
        source.pipe(
          pairwise(),
          map(([before, now]) => valueOf(now) - valueOf(before)),
        ),
    ],
    [
      'withLatestFrom the frames',
      (source) =>
        timer(5, 5).pipe(
          withLatestFrom(source.pipe(double())),
          map(([, frame]) => valueOf(frame)),
        ),
    ],
    ['zip of two branches', (source) => zipped(source.pipe(share()))],
    [
      'retain() too late',
      (source) => source.pipe(mergeMap(async (frame) => (await Promise.resolve(), valueOf(frame.retain())))),
    ],
    [
      'an await without retain()',
      (source) => source.pipe(concatMap(async (frame) => (await Promise.resolve(), valueOf(frame)))),
    ],
    // Its function is called only when the frame before is done, and by then the frame's turn is over.
    ['concatMap behind more than one lease', (source) => source.pipe(concatMap(keepingIt(() => timer(1))), skip(1))],
    [
      'delay before classify',
      (source) =>
        source.pipe(
          scores(),
          delay(1),
          classify(),
          map(({ seq }) => seq),
        ),
    ],
  ];
  it.each(misused)('%s', async (_, pipe) => {
    const { values, error, account } = await through(pipe);
    expect(values).toEqual([]);
    expect(error).toBeInstanceOf(FrameReleasedError);
    expect((error as FrameReleasedError).frame).toMatchObject({ source: 'test' });
    expect(account['produced']).toBe((account['discarded'] ?? 0) + (account['delivered'] ?? 0));
  });

  it('one release too many ends the stream: the emitter can no longer account for its frame', async () => {
    const { values, error, account } = await through((source) =>
      source.pipe(
        tap((frame) => frame.label.seq === 2 && frame.release()),
        map(({ label }) => label.seq),
      ),
    );
    expect(values).toEqual([0, 1, 2]);
    expect(error).toBeInstanceOf(FrameReleasedError);
    expect((error as Error).message).toContain('released again');
    expect(account).toEqual({ produced: 3, delivered: 0, discarded: 3, failed: 0 });
  });

  it('one release too many after a stage ends the stream as well', async () => {
    const { error, account } = await through((source) =>
      source.pipe(
        double(),
        tap((frame) => frame.release()),
        map(({ label }) => label.seq),
      ),
    );
    expect(error).toBeInstanceOf(FrameReleasedError);
    expect(account).toEqual({ produced: 1, delivered: 0, discarded: 1, failed: 0 });
  });

  it('one release too many before a stage: the stage says so', async () => {
    const { values, error } = await through((source) =>
      source.pipe(
        tap((frame) => frame.release()),
        double(),
        map(valueOf),
      ),
    );
    expect(values).toEqual([]);
    expect((error as Error).message).toContain('was read after its release');
  });
});

/** The frame of one branch is gone when the other branch's comes. */
function zipped(shared: Observable<TensorFrame>): Observable<number> {
  return zip(shared.pipe(double()), shared).pipe(map(([left, right]) => valueOf(left) + valueOf(right)));
}

describe('errors', () => {
  const boom = new Error('boom');

  it('thrown in a map', async () => {
    const { values, error, account } = await through((source) =>
      source.pipe(
        double(),
        map((frame) => {
          if (frame.label.seq === 3) throw boom;
          return valueOf(frame);
        }),
      ),
    );
    expect(values).toEqual([0, 2, 4]);
    expect(error).toBe(boom);
    expect(account).toEqual({ produced: 4, delivered: 0, discarded: 4, failed: 0 });
  });

  it("thrown in a map are not the frame's failure: skip does not hide them", async () => {
    const { error } = await through(
      (source) =>
        source.pipe(
          map(() => {
            throw boom;
          }),
        ),
      { onError: 'skip' },
    );
    expect(error).toBe(boom);
  });

  it('thrown in a stage, stop', async () => {
    const { values, error, account } = await through((source) =>
      source.pipe(double(), failing(6), double(), markDelivered(), map(valueOf)),
    );
    expect(values).toEqual([0, 4, 8]);
    expect(error).toBeInstanceOf(StageError);
    expect(account).toEqual({ produced: 4, delivered: 3, discarded: 0, failed: 1 });
  });

  it('thrown in a stage, skip', async () => {
    const { values, completed, account } = await through(
      (source) => source.pipe(double(), failing(0, 6, 10), double(), markDelivered(), map(valueOf)),
      { onError: 'skip' },
    );
    expect(values).toEqual([4, 8, 16]);
    expect(completed).toBe(true);
    expect(account).toEqual({ produced: 6, delivered: 3, discarded: 0, failed: 3 });
  });

  it('thrown in one of two branches count once, and the other branch goes on', async () => {
    const { values, account } = await through(
      (source) => {
        const shared = source.pipe(share());
        return merge(shared.pipe(failing(1), markDelivered()), shared.pipe(double('right'), markDelivered())).pipe(
          map(valueOf),
        );
      },
      { onError: 'skip' },
    );
    expect(values).toEqual([0, 0, 2, 2, 4, 3, 6, 4, 8, 5, 10]);
    expect(account).toEqual({ produced: 6, delivered: 5, discarded: 0, failed: 1 });
  });

  it("thrown in the consumer's next are reported by rxjs; the stream goes on", () =>
    leakFree(async () => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      const source = frames(6);
      source.pipe(double(), markDelivered()).subscribe(() => {
        throw boom;
      });
      await idle();
      expect(reported).toEqual(Array.from({ length: 6 }, () => boom));
      expect(closedAccount(source)).toEqual({ produced: 6, delivered: 6, discarded: 0, failed: 0 });
    }));

  it("thrown in the consumer's next behind classify are reported too", () =>
    leakFree(async () => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      const source = frames(6);
      source.pipe(scores(), classify()).subscribe(() => {
        throw boom;
      });
      await idle();
      expect(reported).toEqual(Array.from({ length: 6 }, () => boom));
      expect(closedAccount(source)).toEqual({ produced: 6, delivered: 6, discarded: 0, failed: 0 });
    }));

  it('without an error handler are reported, and everything is freed', () =>
    leakFree(async () => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      const source = frames(6);
      source.pipe(failing(1)).subscribe();
      await idle();
      expect(reported).toEqual([expect.any(StageError)]);
      expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 1, failed: 1 });
    }));

  it('a frame whose data cannot be freed ends the stream, and its lease ends', async () => {
    const stubborn = (): never => {
      throw boom;
    };
    const { error, account } = await through((source) =>
      source.pipe(
        tap(
          (frame) => frame.label.seq === 1 && (frame.data.dispose(), Object.assign(frame.data, { dispose: stubborn })),
        ),
        map(({ label }) => label.seq),
      ),
    );
    expect(error).toBe(boom);
    expect(account).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
  });
});

describe('subscribing again', () => {
  it('retry starts the source anew, and the account goes on', async () => {
    const { values, error, account } = await through((source) =>
      source.pipe(double(), failing(4), retry(2), markDelivered(), map(valueOf)),
    );
    expect(values).toEqual([0, 2, 0, 2, 0, 2]);
    expect(error).toBeInstanceOf(StageError);
    expect(account).toEqual({ produced: 9, delivered: 6, discarded: 0, failed: 3 });
  });

  it('repeat', async () => {
    const { values, account } = await through((source) =>
      source.pipe(double(), repeat(3), markDelivered(), map(valueOf)),
    );
    expect(values.length).toBe(18);
    expect(account).toEqual({ produced: 18, delivered: 18, discarded: 0, failed: 0 });
  });

  it('catchError goes on with something else', async () => {
    const { values, account } = await through((source) =>
      source.pipe(
        failing(1),
        catchError(() => source.pipe(take(1))),
        markDelivered(),
        map(valueOf),
      ),
    );
    expect(values).toEqual([0, 0]);
    expect(account).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 1 });
  });

  it('catchError behind classify', async () => {
    const { values, completed } = await through((source) =>
      source.pipe(
        failing(3),
        scores(),
        classify(),
        catchError(() => EMPTY),
        map(({ seq }) => seq),
      ),
    );
    expect(values).toEqual([0, 1, 2]);
    expect(completed).toBe(true);
  });

  it('two subscribers of a cold source have each their own frames, gate and kernels', () =>
    leakFree(async () => {
      const source = frames(6);
      const doubled = source.pipe(double(), markDelivered(), map(valueOf));
      const [a, b] = await Promise.all([run(doubled), run(doubled.pipe(take(2)))]);
      expect(a.values).toEqual([0, 2, 4, 6, 8, 10]);
      expect(b.values).toEqual([0, 2]);
      expect(closedAccount(source)).toEqual({ produced: 8, delivered: 8, discarded: 0, failed: 0 });
    }));
});

describe('unsubscribing half-way', () => {
  it('inside next', () =>
    leakFree(async () => {
      const source = frames(6);
      const seen: number[] = [];
      const subscription = source.pipe(double(), markDelivered()).subscribe((frame) => {
        seen.push(valueOf(frame));
        if (seen.length === 3) subscription.unsubscribe();
        // Its turn is not over yet.
        expect(frame.live).toBe(true);
      });
      await idle();
      expect(seen).toEqual([0, 2, 4]);
      expect(closedAccount(source)).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
    }));

  it('before the first frame', () =>
    leakFree(async () => {
      const source = frames(6);
      source.pipe(double()).subscribe().unsubscribe();
      await idle();
      expect(closedAccount(source)).toEqual({ produced: 0, delivered: 0, discarded: 0, failed: 0 });
    }));

  it('while classify awaits the device: frames are let go, and no more are asked for', () =>
    leakFree(async () => {
      const source = frames(6);
      const results: number[] = [];
      const subscription = source.pipe(double(), scores(), classify()).subscribe(({ seq }) => results.push(seq));
      // The gate opens in a microtask; the readbacks take at least one more.
      await Promise.resolve();
      expect(source.ledger.counts.inFlight).toBe(2);
      subscription.unsubscribe();
      expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
      await idle();
      expect(results).toEqual([]);
      expect(closedAccount(source)).toEqual({ produced: 2, delivered: 0, discarded: 2, failed: 0 });
    }));

  it("in classify's first result", () =>
    leakFree(async () => {
      const source = frames(6, { maxInFlight: 4 });
      await firstValueFrom(source.pipe(scores(), classify({ inFlight: 4 })));
      await idle();
      const account = closedAccount(source);
      expect(account).toMatchObject({ delivered: 1, failed: 0 });
      expect(account['produced']).toBeLessThanOrEqual(5);
    }));

  it('by another stream, in the middle of a frame', () =>
    leakFree(async () => {
      const source = frames(6);
      const stop = new Subject<void>();
      const result = await run(
        source.pipe(
          double(),
          tap(({ label }) => label.seq === 2 && stop.next()),
          double(),
          (stream) =>
            merge(stream, stop.pipe(map(() => undefined))).pipe(
              take(4),
              map((frame) => frame?.label.seq),
            ),
        ),
      );
      expect(result.values).toEqual([0, 1, undefined, 2]);
      expect(closedAccount(source)).toMatchObject({ produced: 3, discarded: 3 });
    }));
});

describe('tf.tidy around the pipe disposes nothing that is in use', () => {
  it('subscribing inside it', () =>
    leakFree(async () => {
      const source = frames(6);
      const results = await inTidy(() => run(source.pipe(double(), scores(), classify({ top: 1 }))));
      expect(results.values.map(({ classes }) => classes[0]?.score)).toEqual([0, 2, 4, 6, 8, 10]);
    }));

  it('releasing a frame inside it, which lets the next one in', () =>
    leakFree(async () => {
      const source = frames(4, { maxInFlight: 1 });
      const values: (number | undefined)[] = [];
      let kept: TensorFrame | undefined;
      source.pipe(double()).subscribe((frame) => (kept = frame.retain()));
      for (let i = 0; i < 4; i++) {
        await idle();
        values.push(kept && valueOf(kept));
        tf.tidy(() => kept?.release());
      }
      expect(values).toEqual([0, 2, 4, 6]);
      await idle();
      expect(closedAccount(source)).toEqual({ produced: 4, delivered: 0, discarded: 4, failed: 0 });
    }));

  it('opened before the pipe was subscribed to and closed after', () =>
    leakFree(async () => {
      tf.engine().startScope();
      const source = frames(3);
      const { values } = await run(source.pipe(double(), scores(), classify({ top: 1 })));
      tf.engine().endScope();
      expect(values.map(({ classes }) => classes[0]?.score)).toEqual([0, 2, 4]);
    }));
});

/** `tf.tidy` refuses a promise as its result. */
function inTidy<T>(body: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined;
  tf.tidy(() => {
    result = body();
  });
  return result ?? expect.fail('it did not run');
}

it('a hundred schedules of all of it at once end with nothing left', () =>
  leakFree(async () => {
    for (let seed = 0; seed < 100; seed++) {
      const source = frames(12, { maxInFlight: 1 + (seed % 4), onError: seed % 3 === 0 ? 'stop' : 'skip' });
      const seen = watch(source);
      const shared = source.pipe(failing(seed % 17), share());
      const pipe = merge(
        shared.pipe(double(), scores(), classify({ inFlight: 1 + (seed % 2) })),
        shared.pipe(
          filter(({ label }) => label.seq % 3 === seed % 3),
          concatMap(keepingIt(() => (seed % 2 ? soon() : timer(0)))),
        ),
        interval(1).pipe(ignoreElements()),
      );
      const subscription = pipe.pipe(take(1 + (seed % 23))).subscribe({ error: () => undefined });
      if (seed % 5 === 0) await Promise.resolve();
      else await idle();
      subscription.unsubscribe();
      await idle();
      expect(seen.leases()).toBeLessThanOrEqual(1 + (seed % 4));
      closedAccount(source);
    }
  }));
