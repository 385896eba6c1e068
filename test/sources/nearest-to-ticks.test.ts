import { describe, expect, it } from 'vitest';
import { NearestToTicks } from '../../src/sources/ffmpeg/nearest-to-ticks.ts';
import { randomFrom, seed } from '../support/random.ts';

/** The frames that are chosen, and the offsets of the ticks. */
function chosen(times: readonly number[], fps: number, { from = 0, until }: { from?: number; until?: number } = {}) {
  const choice = new NearestToTicks(fps, from);
  const frames = times.flatMap((time, i) => (choice.push(time) ? [times[i - 1] ?? NaN] : []));
  if (choice.end(until)) frames.push(times.at(-1) ?? NaN);
  return { frames, offsets: choice.offsets };
}

/** The same, tick by tick. */
function byHand(times: readonly number[], fps: number, from: number, until: number) {
  const offsets: number[] = [];
  const frames = new Set<number>();
  for (let tick = 0; from + (tick * 1e6) / fps < until - 0.5; tick++) {
    const at = from + (tick * 1e6) / fps;
    const nearest = times.reduce((best, time) => (Math.abs(time - at) < Math.abs(best - at) ? time : best));
    offsets.push(Math.abs(nearest - at));
    frames.add(nearest);
  }
  return { frames: [...frames], offsets: offsets.toSorted((a, b) => a - b) };
}

const medianOf = (sorted: readonly number[]): number => {
  const { length } = sorted;
  return ((sorted[Math.ceil(length / 2) - 1] ?? NaN) + (sorted[Math.floor(length / 2)] ?? NaN)) / 2;
};

describe('the frame nearest to each tick', () => {
  it('is that of a search over all frames', () => {
    const random = randomFrom(seed);
    for (let round = 0; round < 300; round++) {
      const from = random() < 0.5 ? 0 : Math.round(random() * 5e6);
      const fps = [0.1, 0.7, 1, 3, 29.97][round % 5] ?? 1;
      let time = from + (random() < 0.5 ? 0 : Math.round(random() * 3e6));
      const times = Array.from(
        { length: 1 + Math.floor(random() * 30) },
        () => (time += 1 + Math.round(random() * 4e6)),
      );
      const until = time + 2 + Math.round(random() * 4e6);
      const { frames, offsets } = chosen(times, fps, { from, until });
      const expected = byHand(times, fps, from, until);
      expect(frames, `round ${round} of seed ${seed}`).toEqual(expected.frames);
      expect(offsets?.ticks).toBe(expected.offsets.length);
      const middle = medianOf(expected.offsets);
      expect(Math.abs((offsets?.median ?? NaN) * 1e6 - middle)).toBeLessThanOrEqual(0.005 * middle + 1);
      const most = expected.offsets.at(-1) ?? NaN;
      expect(Math.abs((offsets?.most ?? NaN) * 1e6 - most)).toBeLessThanOrEqual(0.005 * most);
    }
  });

  it('of two frames as near as each other is the earlier one', () => {
    expect(chosen([2e6, 4e6], 1 / 3, { until: 4.1e6 }).frames).toEqual([2e6]);
  });

  it('is the only frame for all ticks', () => {
    expect(chosen([0], 1, { until: 10e6 })).toEqual({ frames: [0], offsets: { ticks: 10, median: 4.5, most: 9 } });
  });

  it('is every frame where ticks are closer than frames', () => {
    const times = [0, 40_000, 80_000];
    expect(chosen(times, 1000, { until: 120_000 }).frames).toEqual(times);
  });

  it('ends with the last frame where the end is not known', () => {
    expect(chosen([0, 1.1e6, 3e6], 1)).toMatchObject({ frames: [0, 1.1e6, 3e6], offsets: { ticks: 4 } });
    expect(chosen([0, 1.1e6, 3e6], 0.1)).toMatchObject({ frames: [0], offsets: { ticks: 1, median: 0, most: 0 } });
  });

  it('has no offsets without frames', () => {
    expect(chosen([], 1, { until: 1e9 })).toEqual({ frames: [], offsets: undefined });
  });

  it('counts a gap of 70 years and 1e9 ticks a second in few steps', () => {
    const { frames, offsets } = chosen([0, 2 ** 51], 1000, { until: 2 ** 52 });
    expect(frames).toEqual([0, 2 ** 51]);
    expect(offsets?.ticks).toBeCloseTo(2 ** 52 / 1000, -3);
    expect(chosen([0, 1e6], 1e9).offsets?.ticks).toBe(1e9 + 501);
  });
});
