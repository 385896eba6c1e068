import { map, take, type Subscription } from 'rxjs';
import { conv2d, pipeline, preprocess, frameSource, releaseModels, useEngine, warmUps, type Pixels } from 'sluice';
import { describe, expect, it } from 'vitest';
import { idle, run } from '../support/balance.ts';
import { faults, nothingLeft, plusOne, runtime, seen, twice, values } from '../support/counted-onnxruntime.ts';
import { frames as timed } from '../support/frames.ts';

const INPUT = [1, 1, 1, 2] as const;
/** Frames that are not timed, so that no stage gets a session of its own. */
const frames = (count: number, options = {}) => timed(count, { profile: { every: Infinity }, ...options });
const net = () => pipeline({ inputShape: INPUT }, plusOne('a'), plusOne('b'));

describe('pipes that run the same stages on ONNX Runtime', () => {
  it('have one session, and the numbers that each would have alone', async () => {
    const shared = net();
    const all = await nothingLeft(() =>
      Promise.all(Array.from({ length: 20 }, () => run(frames(3).pipe(shared, values())))),
    );
    for (const { values: numbers } of all) expect(numbers).toEqual([2, 3, 4]);
    expect([seen.opened, seen.runs]).toEqual([1, 1 + 20 * 3]);
  });

  it('follow each other on it, until it is released', async () => {
    const shared = net();
    await nothingLeft(async () => {
      for (let k = 0; k < 3; k++) await run(frames(1).pipe(shared));
      expect([seen.opened, seen.released]).toEqual([1, 0]);
      await releaseModels();
      expect(seen.released).toBe(1);
      await run(frames(1).pipe(shared));
      expect(seen.opened).toBe(2);
    });
  });

  it('also with an equal preprocess that each makes for itself, and not with another one', async () => {
    const body = pipeline(plusOne3('a'), plusOne3('b'));
    const picture = (): Pixels => ({ width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(255) });
    const go = (range: readonly [number, number]) =>
      run(
        frameSource([{ data: picture(), timestamp: 0 }], { source: 'x' }).pipe(
          preprocess({ width: 2, height: 2, range }),
          body,
          values(),
        ),
      );
    await nothingLeft(async () => {
      const results = await Promise.all([go([0, 1]), go([0, 1]), go([-3, 3]), go([0, 1])]);
      expect(results.map(({ values: [value = NaN] }) => Math.round(value))).toEqual([3, 3, 5, 3]);
    });
    expect(seen.opened).toBe(2);
  });

  it('of other settings have their own', async () => {
    const shared = net();
    await nothingLeft(async () => {
      await run(frames(1).pipe(shared));
      await useEngine('onnxruntime', { runtime, threads: 1 });
      await run(frames(1).pipe(shared));
    });
    // Each start of the engine also probes it.
    expect(seen.opened).toBe(3);
  });

  it('one session for the single stages, too', async () => {
    const shared = net();
    const profile = { every: 1, deviceEvery: 1 };
    const traced = map(({ timings }: { readonly timings: readonly unknown[] }) => timings.length);
    const all = await nothingLeft(() =>
      Promise.all(Array.from({ length: 4 }, () => run(frames(3, { profile }).pipe(shared, traced)))),
    );
    for (const { values: lengths } of all) expect(lengths).toEqual([1, 3, 3]);
    expect(seen.opened).toBe(1 + 2);
  });

  it('wait for the same loading; who leaves meanwhile leaves it to the others', async () => {
    const shared = net();
    await nothingLeft(async () => {
      const leavers: Subscription[] = [frames(3).pipe(shared).subscribe(), frames(3).pipe(shared).subscribe()];
      const stays = run(frames(3).pipe(shared, values()));
      leavers[0]?.unsubscribe();
      await new Promise((resolve) => setImmediate(resolve));
      leavers[1]?.unsubscribe();
      expect((await stays).values).toEqual([2, 3, 4]);
    });
    expect(seen.opened).toBe(1);
  });

  it('leave at random moments: nothing is left, the others have their numbers', async () => {
    for (let turns = 0; turns < 8; turns++) {
      const shared = pipeline({ inputShape: INPUT }, plusOne('a'), twice(), plusOne('b'));
      await nothingLeft(async () => {
        const leaver = frames(9).pipe(shared).subscribe();
        const stays = run(frames(4).pipe(shared, values()));
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
        leaver.unsubscribe();
        expect((await stays).values).toEqual([3, 5, 7, 9]);
      });
    }
  });

  it('who has left does not run any more', async () => {
    const shared = net();
    await nothingLeft(async () => {
      await run(frames(1).pipe(shared));
      const runs = seen.runs;
      const leavers = Array.from({ length: 10 }, () => frames(1).pipe(shared).subscribe());
      await Promise.resolve();
      leavers.forEach((leaver) => leaver.unsubscribe());
      await idle();
      expect(seen.runs - runs).toBeLessThanOrEqual(1);
    });
  });

  it('that cannot be loaded all get the error, and the next try loads anew', async () => {
    faults.open = true;
    const shared = net();
    const failed = await nothingLeft(() => Promise.all([1, 2, 3].map(() => run(frames(1).pipe(shared)))));
    for (const { error } of failed) {
      expect(error).toMatchObject({
        code: 'engine',
        message: 'ONNX Runtime cannot load the graph of a … b: no session today',
      });
    }
    faults.open = false;
    expect((await nothingLeft(() => run(frames(2).pipe(shared, values())))).values).toEqual([2, 3]);
    expect(seen.opened).toBe(1);
  });

  it('whose warm-up fails: each is told, and the next one warms up', async () => {
    faults.run = (n) => n === 1;
    const shared = net();
    await nothingLeft(async () => {
      const [first, second] = await Promise.all([run(frames(1).pipe(shared)), run(frames(1).pipe(shared, values()))]);
      expect(String(first.error)).toContain('failed in its warm-up: it failed');
      expect(second.values).toEqual([2]);
    });
  });

  it('a frame that fails in one is no other’s loss', async () => {
    const shared = net();
    await nothingLeft(async () => {
      await run(frames(1).pipe(shared));
      faults.run = (n) => n === 3;
      const results = await Promise.all([1, 2].map(() => run(frames(2, { onError: 'skip' }).pipe(shared, values()))));
      expect(results.map(({ values: numbers }) => numbers.length).toSorted((a, b) => a - b)).toEqual([1, 2]);
    });
  });

  it('warm up once, and tell of it once', async () => {
    const shared = net();
    const told: number[] = [];
    const watching = warmUps.subscribe(({ done }) => told.push(done));
    await nothingLeft(async () => {
      await run(frames(1).pipe(shared));
      await run(frames(1).pipe(shared, take(1)));
    });
    watching.unsubscribe();
    expect(told).toEqual([0, 1]);
  });
});

/** x + 1 on three channels. */
function plusOne3(name: string) {
  const kernel = [0, 1, 2].map((i) => [0, 1, 2].map((j) => Number(i === j)));
  return conv2d({ name, filters: 3, kernelSize: 1, weights: { kernel: [[kernel]], bias: [1, 1, 1] } });
}
