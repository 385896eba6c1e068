import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameClock, type ClockOptions } from '../../src/sources/frame-clock.ts';

/** The times of all frames. */
function timesOf(own: readonly (number | undefined)[], options: ClockOptions = { frameRate: 20 }): number[] {
  const clock = new FrameClock(options);
  return [...own.flatMap((time) => clock.push(time)), ...clock.end()];
}

const steady = (count: number, from = 0, step = 50_000) => Array.from({ length: count }, (_, i) => from + i * step);

describe('FrameClock', () => {
  it('counts from the first frame, and changes nothing else of a clock that runs on', () => {
    for (const own of [steady(5), steady(5, 36e9), steady(5, -2e6), [0, 1, 90_000, 90_001, 1_000_000]]) {
      expect(timesOf(own)).toEqual(own.map((time) => time - (own[0] ?? NaN)));
    }
  });

  it('answers at once while the clock runs on, and one frame later where it does not', () => {
    const clock = new FrameClock({ frameRate: 20 });
    expect(steady(4).map((time) => clock.push(time).length)).toEqual([1, 1, 1, 1]);
    expect(clock.push(9e6)).toEqual([]);
    expect(clock.push(200_000)).toEqual([175_000, 200_000]);
    expect(clock.push(0)).toEqual([]);
    expect(clock.end()).toEqual([225_000]);
    expect(clock.end()).toEqual([]);
  });

  it.each([
    ['starts anew', [...steady(4), ...steady(4)], steady(8)],
    ['starts anew several times', [...steady(4), ...steady(4, 70e6), ...steady(4)], steady(12)],
    ['starts anew with its last frame', [...steady(4), 0], steady(5)],
    ['is an hour behind once', [...steady(3), -36e8, ...steady(3, 200_000)], steady(7)],
    ['is an hour ahead once', [...steady(3), 36e8, ...steady(3, 200_000)], steady(7)],
    ['is ahead, then starts anew', [...steady(4), 36e8, ...steady(3)], steady(8)],
    ['is ahead for its first frame', [36e8, ...steady(3)], steady(4)],
    [
      'runs backwards',
      steady(5)
        .toReversed()
        .map((time) => time * 10),
      steady(5),
    ],
    ['stands still', [0, 0, 0, 50_000], [0, 1, 2, 50_000]],
    ['has no times', [undefined, undefined, undefined], steady(3)],
    ['has a first time late', [undefined, undefined, 7e6, 7_050_000], steady(4)],
    ['lacks a time', [...steady(3), undefined, 200_000], steady(5)],
    ['lacks a time after a gap', [...steady(3), 9e6, undefined, 9_100_000], [...steady(3), 9e6, 9_050_000, 9_100_000]],
    ['has times that are none', [0, 2 ** 62, -(2 ** 62), 150_000], steady(4)],
    ['is a little behind', [0, 50_000, 20_000, 100_000], [0, 50_000, 50_001, 100_000]],
  ])('%s', (_, own, expected) => {
    const startsAnew = own.includes(70e6);
    expect(timesOf(own, { frameRate: 20, startsAnew })).toEqual(expected);
  });

  it('keeps a gap, unless the clock may start anew', () => {
    const own = [...steady(3), ...steady(3, 60e6)];
    expect(timesOf(own)).toEqual(own);
    expect(timesOf([...own, 90e6])).toEqual([...own, 90e6]);
    expect(timesOf(own, { frameRate: 20, startsAnew: true })).toEqual(steady(6));
    expect(timesOf([...steady(3), 9e6, 9_050_000], { startsAnew: true })).toEqual([...steady(3), 9e6, 9_050_000]);
  });

  it('counts from an origin that is known', () => {
    expect(timesOf(steady(3, 5e6), { origin: 4e6 })).toEqual(steady(3, 1e6));
  });

  it('takes any frame rate', () => {
    for (const frameRate of [0, -1, NaN, Infinity, 1e12]) {
      const times = timesOf([0, undefined, undefined], { frameRate });
      expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? NaN))).toBe(true);
    }
  });

  it('gives each frame one time, in increasing order, whatever the file states', () => {
    const time = fc.oneof(
      fc.integer({ min: 0, max: 400_000 }),
      fc.maxSafeInteger(),
      fc.constantFrom(undefined, Infinity, -Infinity, NaN, 2 ** 63),
    );
    fc.assert(
      fc.property(fc.array(time), fc.boolean(), (own, startsAnew) => {
        const times = timesOf(own, { startsAnew });
        expect(times).toHaveLength(own.length);
        for (const [i, one] of times.entries()) {
          expect(Number.isFinite(one)).toBe(true);
          if (i > 0) expect(one).toBeGreaterThan(times[i - 1] ?? NaN);
        }
      }),
    );
  });
});
