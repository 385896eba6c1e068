import { describe, expect, it } from 'vitest';
import { assign, type Candidate } from '../../../src/tasks/tracking/assign.ts';
import { randomFrom, seed } from '../../support/random.ts';

/** The least sum of costs, by trying everything. */
function leastCost(
  rows: readonly (readonly Candidate[])[],
  limit: number,
  used: ReadonlySet<number> = new Set(),
): number {
  const [row, ...rest] = rows;
  if (!row) return 0;
  let least = limit + leastCost(rest, limit, used);
  for (const { column, cost } of row) {
    if (!used.has(column)) least = Math.min(least, cost + leastCost(rest, limit, new Set([...used, column])));
  }
  return least;
}

/** The sum of the costs of a matching. Throws where it is none. */
function costOf(rows: readonly (readonly Candidate[])[], limit: number, columnOf: Int32Array): number {
  const taken = [...columnOf].filter((column) => column >= 0);
  expect(new Set(taken).size, 'columns taken once').toBe(taken.length);
  return rows.reduce((sum, row, i) => {
    if (columnOf[i] === -1) return sum + limit;
    const pair = row.find(({ column }) => column === columnOf[i]);
    expect(pair, 'the pair is a candidate').toBeDefined();
    return sum + (pair?.cost ?? NaN);
  }, 0);
}

const dense = (costs: readonly (readonly number[])[]) =>
  costs.map((row) => row.map((cost, column) => ({ column, cost })));

describe('assign', () => {
  it('takes the best whole, not the best pair', () => {
    // 0.1 + 0.9 is more than 0.2 + 0.3.
    expect([
      ...assign(
        dense([
          [0.1, 0.2],
          [0.3, 0.9],
        ]),
        2,
        1,
      ),
    ]).toEqual([1, 0]);
    // The textbook example of the Hungarian method: cleaning 30, sweeping 20, washing 20.
    expect([
      ...assign(
        dense(
          [
            [20, 25, 22],
            [15, 18, 23],
            [19, 17, 21],
          ].map((row) => row.map((n) => n / 10)),
        ),
        3,
        9,
      ),
    ]).toEqual([2, 0, 1]);
  });

  it.each<[string, readonly (readonly Candidate[])[], number, readonly number[]]>([
    ['no rows', [], 3, []],
    ['no columns', [[], []], 0, [-1, -1]],
    ['a row without candidates', [[], [{ column: 0, cost: 0 }]], 1, [-1, 0]],
    ['more rows than columns: the dearest goes without', dense([[0.3], [0.1], [0.2]]), 1, [-1, 0, -1]],
    ['a pair over the limit', dense([[0.9]]), 1, [-1]],
    ['a pair at the limit', dense([[0.8]]), 1, [0]],
    // 0.7 + 0.75 costs more than 0.1 and one without.
    [
      'two dear pairs or a cheap one',
      dense([
        [0.1, 0.7],
        [0.75, 1],
      ]),
      2,
      [0, -1],
    ],
  ])('%s', (_, rows, columns, matched) => {
    expect([...assign(rows, columns, 0.8)]).toEqual(matched);
  });

  it.each([
    ['dense', 1, 100],
    ['sparse', 0.4, 100],
    ['with many equal costs', 0.7, 3],
  ])(`costs as little as possible: %s (FUZZ_SEED=${seed})`, (_, density, steps) => {
    const random = randomFrom(seed);
    for (let round = 0; round < 300; round++) {
      const columns = Math.floor(random() * 7);
      const rows = Array.from({ length: Math.floor(random() * 7) }, () =>
        Array.from({ length: columns }, (_, column) => ({ column, cost: Math.round(random() * steps) / steps })).filter(
          () => random() < density,
        ),
      );
      const limit = 0.2 + 0.8 * random();
      expect(costOf(rows, limit, assign(rows, columns, limit))).toBeCloseTo(leastCost(rows, limit), 9);
    }
  });

  it('does not change what it gets, and gives the same twice', () => {
    const rows = dense([
      [0.5, 0.1],
      [0.1, 0.5],
    ]);
    const before = structuredClone(rows);
    expect(assign(rows, 2, 1)).toEqual(assign(rows, 2, 1));
    expect(rows).toEqual(before);
  });
});
