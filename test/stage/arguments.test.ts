import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionError } from 'sluice';
import { checkPadding, count, pair } from '../../src/stage/arguments.ts';

const RUNS = { numRuns: 500 };

describe('arguments', () => {
  /** Everything but a whole number of at least 1. */
  const junk = fc.oneof(
    fc.double({ noInteger: true }),
    fc.integer({ max: 0 }),
    fc.string(),
    fc.boolean(),
    fc.bigInt(),
    fc.constantFrom(null, undefined, Infinity, 2 ** 53, NaN, Symbol('s'), () => 1),
    fc.object(),
  );

  test('pair: n is [n, n], and anything impossible an OptionError with its name', () => {
    expect(pair('c', 'strides', 3)).toEqual([3, 3]);
    expect(pair('c', 'strides', [3, 1])).toEqual([3, 1]);
    expect(pair('c', 'pad', 0, 0)).toEqual([0, 0]);
    fc.assert(
      fc.property(fc.oneof(junk, fc.tuple(junk, fc.constant(1)), fc.tuple(fc.constant(1), junk)), (value) => {
        expect(() => pair('c', 'strides', value as never)).toThrow(OptionError);
        expect(() => pair('c', 'strides', value as never)).toThrow(/^c: strides must be a whole number of at least 1/);
      }),
      RUNS,
    );
    for (const value of [
      [],
      [1],
      [1, 1, 1],
      Array(2),
      [
        [1, 1],
        [1, 1],
      ],
    ]) {
      expect(() => pair('c', 'strides', value as never)).toThrow(OptionError);
    }
  });

  test('count', () => {
    expect(count('c', 'filters', 7)).toBe(7);
    fc.assert(
      fc.property(fc.oneof(junk, fc.array(fc.nat())), (value) => {
        expect(() => count('c', 'filters', value)).toThrow(/^c: filters must be a whole number of at least 1, not /);
      }),
      RUNS,
    );
  });

  test('checkPadding', () => {
    for (const good of [
      'valid',
      'same',
      0,
      3,
      [
        [0, 1],
        [2, 3],
      ],
    ] as const)
      expect(checkPadding('c', good)).toEqual(good);
    fc.assert(
      fc.property(
        fc.oneof(
          junk.filter((value) => value !== 0 && !Object.is(value, -0) && value !== 'valid' && value !== 'same'),
          fc.array(junk, { maxLength: 3 }),
          fc.tuple(fc.tuple(fc.nat(), fc.constant(-1)), fc.tuple(fc.nat(), fc.nat())),
        ),
        (value) => {
          expect(() => checkPadding('c', value as never)).toThrow(OptionError);
        },
      ),
      RUNS,
    );
  });

  test('what came is shown without failing on it', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    for (const [value, shown] of [
      [NaN, 'NaN'],
      ['3', '"3"'],
      [[1, NaN], '[1, NaN]'],
      [3n, '3'],
      [{ a: 1 }, 'an object'],
      [() => 1, 'a function'],
      [loop, '[[[[…]]]]'],
      [Symbol('s'), 'Symbol(s)'],
      [undefined, 'undefined'],
    ] as const) {
      expect(() => count('c', 'n', value)).toThrow(`not ${shown}`);
    }
  });
});
