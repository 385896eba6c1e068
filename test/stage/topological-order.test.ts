import { describe, expect, test } from 'vitest';
import { topologicalOrder } from '../../src/stage/topological-order.ts';

type Sources = Readonly<Record<string, readonly string[]>>;
const sort = (sources: Sources, ...roots: string[]) => topologicalOrder(roots, (node) => sources[node] ?? []);

describe('the order', () => {
  test('sources come before what takes them, each once', () => {
    const { order, circle } = sort({ d: ['b', 'c'], b: ['a'], c: ['a'], a: [] }, 'd');
    expect(circle).toBeUndefined();
    expect(order.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    for (const [before, after] of ['ab', 'ac', 'bd', 'cd'].map((pair) => pair.split(''))) {
      expect(order.indexOf(before ?? '')).toBeLessThan(order.indexOf(after ?? ''));
    }
  });

  test('roots that are in order stay as they are', () => {
    expect(sort({ b: ['a'], c: ['a'], d: ['b'] }, 'a', 'b', 'c', 'd').order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('what the roots do not need is left out', () => {
    expect(sort({ b: ['a'], c: ['a'] }, 'b').order).toEqual(['a', 'b']);
    expect(sort({ b: ['a'] }).order).toEqual([]);
  });

  test('100,000 nodes in a row', () => {
    const { order } = topologicalOrder(['0'], (node) => (node === '100000' ? [] : [String(Number(node) + 1)]));
    expect([order.length, order.at(0), order.at(-1)]).toEqual([100_001, '100000', '0']);
  });
});

describe('circles', () => {
  test.each<[string, Sources, string[]]>([
    ['of one node', { a: ['a'] }, ['a']],
    ['of three', { a: ['b'], b: ['c'], c: ['a'] }, ['a', 'b', 'c']],
    ['behind other nodes, which are not part of it', { a: ['x', 'b'], b: ['c'], c: ['d'], d: ['c'] }, ['c', 'd']],
  ])('%s', (_what, sources, circle) => {
    expect(sort(sources, 'a').circle).toEqual(circle);
  });
});
