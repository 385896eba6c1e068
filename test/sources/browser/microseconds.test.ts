import fc from 'fast-check';
import { expect, it } from 'vitest';
import { microseconds } from '../../../src/sources/browser/microseconds.ts';

it.each([
  // Not whole in binary: 0.069 × 1e6 is 68999.99999999999.
  [69, 1000, 69_000],
  [1, 3, 333_333],
  [2, 3, 666_667],
  [1001, 30_000, 33_367],
  [2002, 30_000, 66_733],
  // Halves go up, also those that are no exact doubles.
  [1, 128, 7813],
  [24, 384_000, 63],
  [-1, 128, -7813],
  [0, 90_000, 0],
  // 30 days at 90 kHz.
  [30 * 86_400 * 90_000 + 1, 90_000, 30 * 86_400 * 1e6 + 11],
])('%i of %i ticks a second are %i µs', (ticks, rate, expected) => {
  expect(microseconds(ticks / rate, rate)).toBe(expected);
});

it.each([0, -1, NaN, Infinity, 29.97])('a track without whole ticks (%d) is rounded to microseconds', (rate) => {
  expect(microseconds(0.069, rate)).toBe(69_000);
  expect(microseconds(1 / 3, rate)).toBe(333_333);
});

it('is the nearest microsecond to any tick of a day', () => {
  const rates = fc.oneof(
    fc.constantFrom(600, 1000, 12_800, 15_360, 24_000, 30_000, 90_000),
    fc.integer({ min: 1, max: 1e6 }),
  );
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 86_400 }), fc.nat(), (rate, second, more) => {
      const ticks = second * rate + (more % rate);
      const found = BigInt(microseconds(ticks / rate, rate));
      // |found − ticks · 1e6 / rate| ≤ 1/2, in whole numbers.
      const twice = 2n * (found * BigInt(rate) - BigInt(ticks) * 1_000_000n);
      expect(twice > -BigInt(rate) && twice <= BigInt(rate)).toBe(true);
    }),
  );
});
