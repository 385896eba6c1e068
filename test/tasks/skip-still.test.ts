import { filter, take, type OperatorFunction } from 'rxjs';
import { frameSource, inOrder, type Frame, type FrameResult, type FrameSourceOptions, type Pixels } from 'sluice';
import { inVirtualTime } from 'sluice/testing';
import { describe, expect, it } from 'vitest';
import { StillWatch } from '../../src/flow/operators/still-watch.ts';
import { after } from '../../src/frames/clock.ts';
import { skipStill } from '../../src/tasks/skip-still.ts';
import { closedAccount, run, watch } from '../support/balance.ts';

interface Level {
  readonly level: number;
}

/** Pictures of one shade each. */
function shades(levels: readonly number[], options: Partial<FrameSourceOptions> = {}) {
  const arrivals = levels.map((level, i) => ({
    data: { width: 4, height: 4, channels: 3 as const, data: new Uint8Array(48).fill(level) },
    timestamp: i * 40_000,
  }));
  return frameSource(arrivals, { source: 'test', ...options });
}

/** A "model" that takes a while, reads the shade of a picture, and fails on some; it counts what it computes. */
function levels(computed: number[], ...fails: number[]): OperatorFunction<Frame<Pixels>, FrameResult<Level>> {
  return inOrder(2, async ({ data, label }) => {
    const level = data.data[0] ?? NaN;
    computed.push(label.seq);
    await Promise.resolve();
    if (fails.includes(level)) throw new Error(`no ${level}s`);
    return { ...label, level, timings: [], latencyMs: 1 };
  });
}

const row = ({ seq, timestamp, level, same }: FrameResult<Level>) => [seq, timestamp / 40_000, level, same];

describe('skipStill', () => {
  it.each([1, 2, 5])('gives each frame a result in order, with %i frames in flight', async (maxInFlight) => {
    const [computed, source] = [[] as number[], shades([1, 2, 90, 91, 92, 1, 200, 200], { maxInFlight })];
    const { leases } = watch(source);
    const { values, completed } = await run(source.pipe(skipStill(levels(computed), new StillWatch(8))));
    expect(values.map(row)).toEqual([
      [0, 0, 1, undefined],
      [1, 1, 1, 0],
      [2, 2, 90, undefined],
      [3, 3, 90, 2],
      [4, 4, 90, 2],
      [5, 5, 1, undefined],
      [6, 6, 200, undefined],
      [7, 7, 200, 6],
    ]);
    expect([computed, completed]).toEqual([[0, 2, 5, 6], true]);
    expect(values.filter(({ same }) => same !== undefined).every(({ timings }) => timings.length === 0)).toBe(true);
    expect(closedAccount(source)).toEqual({ produced: 8, delivered: 8, discarded: 0, failed: 0 });
    expect(leases()).toBeLessThanOrEqual(maxInFlight);
  });

  it('a still frame waits for the result that it gets, and holds its lease meanwhile', () =>
    inVirtualTime(async (time) => {
      const slow: OperatorFunction<Frame<Pixels>, FrameResult<Level>> = inOrder(2, async ({ data, label }) => {
        await new Promise<void>((resolve) => void after(100, resolve));
        return { ...label, level: data.data[0] ?? NaN, timings: [], latencyMs: 1 };
      });
      const source = shades([1, 1, 1, 90, 90], { maxInFlight: 3 });
      const at: number[][] = [];
      source.pipe(skipStill(slow, new StillWatch(8))).subscribe(({ seq }) => at.push([seq, time.now()]));
      await time.run();
      expect(at).toEqual([
        [0, 100],
        [1, 100],
        [2, 100],
        [3, 200],
        [4, 200],
      ]);
      expect(closedAccount(source)).toEqual({ produced: 5, delivered: 5, discarded: 0, failed: 0 });
    }));

  it.each([1, 3])('where a frame fails, those that show the same fail too (%i in flight)', async (maxInFlight) => {
    const source = shades([1, 50, 51, 52, 90, 90], { maxInFlight, onError: 'skip' });
    const messages: string[] = [];
    source.failures.subscribe(({ error }) => messages.push(error.message));
    const { values, completed } = await run(source.pipe(skipStill(levels([], 50), new StillWatch(8))));
    expect(values.map(({ seq }) => seq)).toEqual([0, 4, 5]);
    expect(completed).toBe(true);
    expect(messages.filter((message) => message.includes('it shows what frame 1 showed')).length).toBe(2);
    expect(closedAccount(source)).toEqual({ produced: 6, delivered: 3, discarded: 0, failed: 3 });
  });

  it('a frame that fails ends the stream, unless failures are skipped', async () => {
    const source = shades([1, 1, 50, 50]);
    const { values, error } = await run(source.pipe(skipStill(levels([], 50), new StillWatch(8))));
    expect(values.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(String(error)).toContain('no 50s');
    closedAccount(source);
  });

  it('a result that is left out is one for no frame', async () => {
    const source = shades([1, 1, 90, 90], { onError: 'skip' });
    const through = (frames: never) => levels([])(frames).pipe(filter(({ level }) => level !== 1));
    const { values } = await run(source.pipe(skipStill(through as never, new StillWatch(8))));
    expect(values.map(({ seq }) => seq)).toEqual([2, 3]);
    closedAccount(source);
  });

  it('releases what it holds when nobody listens any more', async () => {
    const source = shades([1, 1, 1, 90, 90], { maxInFlight: 3 });
    const { values } = await run(source.pipe(skipStill(levels([]), new StillWatch(8)), take(2)));
    expect(values.map(({ seq }) => seq)).toEqual([0, 1]);
    closedAccount(source);
  });

  it('begins anew when it is told to forget', async () => {
    const [computed, still] = [[] as number[], new StillWatch(8)];
    for (let part = 0; part < 2; part++) {
      still.forget();
      await run(shades([1, 1, 1]).pipe(skipStill(levels(computed), still)));
    }
    expect(computed).toEqual([0, 0]);
  });
});
