import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topClasses } from '../../../src/tasks/classification/top-classes.ts';

const indices = (scores: number[], top: number, minScore = -Infinity) =>
  topClasses(scores, undefined, top, minScore).map(({ index }) => index);

describe('topClasses', () => {
  it('gives the best, best first, with their labels', () => {
    expect(topClasses([0.1, 0.7, 0.2], ['cat', 'dog', 'owl'], 2, 0)).toEqual([
      { index: 1, label: 'dog', score: 0.7 },
      { index: 2, label: 'owl', score: 0.2 },
    ]);
  });

  it('numbers classes that have no name', () => {
    expect(topClasses([0, 1], undefined, 1, 0)).toEqual([{ index: 1, label: 'class 1', score: 1 }]);
  });

  it.each([
    ['equal scores: the lower index first', [0.5, 0.5, 0.5], 2, [0, 1]],
    ['equal scores that come late do not displace earlier ones', [0.2, 0.9, 0.2, 0.9], 3, [1, 3, 0]],
    ['fewer classes than asked for', [0.3, 0.6], 5, [1, 0]],
    ['one', [3, 2, 1], 1, [0]],
    ['ascending', [1, 2, 3, 4], 2, [3, 2]],
    ['descending', [4, 3, 2, 1], 2, [0, 1]],
    ['negative ones, as logits are', [-5, -1, -3], 2, [1, 2]],
    ['infinite ones', [-Infinity, 0, Infinity], 3, [2, 1, 0]],
    ['no scores', [], 3, []],
  ] as const)('%s', (_, scores, top, expected) => {
    expect(indices([...scores], top)).toEqual(expected);
  });

  it('leaves out what is under minScore, and keeps what is exactly there', () => {
    expect(indices([0.49, 0.5, 0.51], 5, 0.5)).toEqual([2, 1]);
    expect(indices([0.1, 0.2], 5, 0.5)).toEqual([]);
  });

  it.each([[[NaN, 1, 2]], [[1, 2, NaN]], [[NaN]]])('refuses %j: a score that is not a number', (scores) => {
    expect(() => indices(scores, 1)).toThrow(/^the score of class \d is not a number$/);
  });

  it('is the head of the stably sorted list, whatever comes', () => {
    // Few different values, so that there are ties.
    const scores = fc.array(
      fc.integer({ min: -3, max: 3 }).map((n) => n / 3),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 12 }), fc.integer({ min: -3, max: 3 }), (values, top, least) => {
        const sorted = values
          .map((score, index) => ({ score, index }))
          .filter(({ score }) => score >= least / 3)
          .toSorted((a, b) => b.score - a.score || a.index - b.index);
        expect(indices(values, top, least / 3)).toEqual(sorted.slice(0, top).map(({ index }) => index));
      }),
      { numRuns: 500 },
    );
  });
});
