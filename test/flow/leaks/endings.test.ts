import * as tf from '@tensorflow/tfjs-core';
import {
  catchError,
  concatMap,
  config,
  EMPTY,
  filter,
  firstValueFrom,
  ignoreElements,
  interval,
  map,
  merge,
  repeat,
  retry,
  share,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import { classify, markDelivered, StageError, useEngine } from 'sluice';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run, watch } from '../../support/balance.ts';
import { double, failing, frames, scores, valueOf } from '../../support/frames.ts';
import { through, type TensorFrame, keepingIt, soon } from '../../support/through.ts';

beforeAll(() => useEngine('wasm'));

afterEach(() => {
  config.onUnhandledError = null;
});

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
