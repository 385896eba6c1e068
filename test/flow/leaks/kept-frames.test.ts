import {
  asyncScheduler,
  bufferCount,
  concatMap,
  config,
  delay,
  exhaustMap,
  finalize,
  map,
  mergeMap,
  observeOn,
  pairwise,
  share,
  skip,
  switchMap,
  tap,
  timer,
  toArray,
  withLatestFrom,
  zip,
  type Observable,
} from 'rxjs';
import { classify, FrameReleasedError, useEngine } from 'sluice';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, expectLaw, idle, leakFree, run } from '../../support/balance.ts';
import { double, frames, scores, valueOf } from '../../support/frames.ts';
import { type TensorFrame, through, keepingIt, soon, type Tensors } from '../../support/through.ts';

beforeAll(() => useEngine('wasm'));

afterEach(() => {
  config.onUnhandledError = null;
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
