import { config, filter, first, from, ignoreElements, map, merge, scan, share, take, tap, withLatestFrom } from 'rxjs';
import { markDelivered, useEngine } from 'sluice';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { double, valueOf } from '../../support/frames.ts';
import { through } from '../../support/through.ts';

beforeAll(() => useEngine('wasm'));

afterEach(() => {
  config.onUnhandledError = null;
});

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
