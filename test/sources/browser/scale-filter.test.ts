import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaleFilter } from '../../../src/sources/browser/scale-filter.ts';

/** Of each output: where its first neighbour is, and the weights. */
function read(from: number, to: number, one = 1000): [number, ...number[]][] {
  const { size, first, weights } = scaleFilter(from, to, one);
  return Array.from(first, (at, i) => [at, ...weights.subarray(i * size, (i + 1) * size)]);
}

describe('scaleFilter', () => {
  it.each<[string, number, number, [number, ...number[]][]]>([
    ['one pixel', 1, 1, [[0, 1000]]],
    [
      'its own length',
      3,
      3,
      [
        [0, 1000],
        [1, 1000],
        [2, 1000],
      ],
    ],
    [
      'halves',
      4,
      2,
      [
        [0, 500, 500],
        [2, 500, 500],
      ],
    ],
    [
      'two from one',
      1,
      2,
      [
        [0, 1000],
        [0, 1000],
      ],
    ],
    [
      'four from two: neighbours by their distance, the ends as they are',
      2,
      4,
      [
        [0, 1000, 0],
        [0, 750, 250],
        [0, 250, 750],
        [0, 0, 1000],
      ],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(read(from, to)).toEqual(expected);
  });

  it('takes two pixels less than a short line has, as swscale does', () => {
    expect(read(5, 1)).toEqual([[1, 333, 334, 333]]);
    expect(read(3, 2)).toEqual([
      [0, 1000],
      [2, 1000],
    ]);
    expect(read(3, 1)).toEqual([[1, 1000]]);
  });

  it('parts of a pixel between two', () => {
    expect(read(6, 4)).toEqual([
      [0, 667, 333],
      [1, 333, 667],
      [3, 667, 333],
      [4, 333, 667],
    ]);
  });

  it('adds up to one, within the line, from left to right, whatever the lengths', () => {
    const length = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 }));
    fc.assert(
      fc.property(length, length, fc.constantFrom(2 ** 12, 2 ** 14), (from, to, one) => {
        const { size, first, weights } = scaleFilter(from, to, one);
        expect([first.length, weights.length]).toEqual([to, size * to]);
        expect(first.every((at, i) => at >= (first[i - 1] ?? 0) && at + size <= from)).toBe(true);
        expect(weights.every((weight) => weight >= 0)).toBe(true);
        const sums = Array.from(first, (_, i) =>
          weights.subarray(i * size, (i + 1) * size).reduce((sum, weight) => sum + weight, 0),
        );
        expect(new Set(sums)).toEqual(new Set([one]));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [16_384, 1],
    [16_384, 224],
    [1, 16_384],
    [16_384, 16_383],
    [16_383, 16_384],
  ])('the longest lines: %i to %i', (from, to) => {
    const { size, first, weights } = scaleFilter(from, to, 2 ** 12);
    expect([first.length, weights.length]).toEqual([to, size * to]);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(to * 2 ** 12);
    expect(Math.max(...first) + size).toBeLessThanOrEqual(from);
  });
});
