import * as fc from 'fast-check';
import { backend_util } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { OptionError, ShapeError } from 'sluice';
import { sides as readSides } from '../../src/stage/arguments.ts';
import {
  concatOutput,
  croppedOutput,
  describeShape,
  enlargedOutput,
  flattenedOutput,
  mergedOutput,
  paddedOutput,
  requireRank,
  requireValues,
  reshapedOutput,
  sameButBatch,
  sizeOf,
  sumOutput,
} from '../../src/stage/shape.ts';

const picture = fc.tuple(fc.integer({ min: 1, max: 3 }), ...[16, 16, 5].map((max) => fc.integer({ min: 1, max })));

describe('crops and sides', () => {
  test('what is left, or which side is gone', () => {
    expect(
      croppedOutput(
        [1, 5, 6, 1],
        [
          [1, 2],
          [0, 5],
        ],
      ),
    ).toEqual([2, 1]);
    expect(() =>
      croppedOutput(
        [1, 5, 6, 1],
        [
          [1, 4],
          [0, 0],
        ],
      ),
    ).toThrow('crops 1 + 4 off a height of 5');
    expect(() =>
      croppedOutput(
        [1, 5, 6, 1],
        [
          [0, 0],
          [6, 1],
        ],
      ),
    ).toThrow('crops 6 + 1 off a width of 6');
  });
  test('n is n on every side', () => {
    expect(readSides('c', 'padding', 2)).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(
      readSides('c', 'padding', [
        [0, 1],
        [2, 3],
      ]),
    ).toEqual([
      [0, 1],
      [2, 3],
    ]);
    for (const value of [
      -1,
      0.5,
      NaN,
      '1',
      null,
      undefined,
      [],
      [1, 1],
      [[1, 1]],
      [[1, 1], [1]],
      [
        [1, 1],
        [1, -1],
      ],
    ]) {
      expect(() => readSides('c', 'padding', value as never)).toThrow(OptionError);
    }
  });
});

describe('shapes', () => {
  test('sizeOf, describeShape, sameButBatch', () => {
    expect(sizeOf([2, 3, 4])).toBe(24);
    expect(sizeOf([])).toBe(1);
    expect(describeShape([1, 224, 224, 3])).toBe('[1, 224, 224, 3]');
    expect(sameButBatch([1, 2, 3], [9, 2, 3])).toBe(true);
    expect(sameButBatch([1, 2, 3], [1, 2, 4])).toBe(false);
    expect(sameButBatch([1, 2, 3], [1, 2])).toBe(false);
    expect(sameButBatch([1, 2], [1, 2, 3])).toBe(false);
  });
  test.each([[[]], [[1]], [[1, 2, 3]], [[1, 0]], [[1, -2]], [[1, 1.5]], [[1, NaN]], [[1, Infinity]]])(
    'requireRank refuses %o',
    (shape) => {
      expect(() => requireRank(shape, ['batch', 'values'])).toThrow(
        `needs [batch, values], but got [${shape.join(', ')}]`,
      );
    },
  );
  test.each([[[]], [[0]], [[1, NaN]], [[2, -1, 3]]])('requireValues refuses %o', (shape) => {
    expect(() => requireValues(shape, '[…]')).toThrow(ShapeError);
  });
});

describe('what is put around, enlarged, laid out anew and brought together', () => {
  const small = fc.integer({ min: 1, max: 6 });
  test('by hand', () => {
    const around = [
      [1, 2],
      [3, 4],
    ] as const;
    expect(paddedOutput([1, 10, 20, 3], around)).toEqual([1, 13, 27, 3]);
    expect(enlargedOutput([2, 7, 5, 4], [2, 3])).toEqual([2, 14, 15, 4]);
    expect(flattenedOutput([2, 7, 5, 4])).toEqual([2, 140]);
    expect(flattenedOutput([2])).toEqual([2, 1]);
    expect(reshapedOutput([2, 7, 20], [-1, 5])).toEqual([2, 28, 5]);
    expect(
      concatOutput([
        [1, 8, 8, 3],
        [1, 8, 8, 5],
        [1, 8, 8, 1],
      ]),
    ).toEqual([1, 8, 8, 9]);
    expect(
      concatOutput(
        [
          [1, 8, 8, 3],
          [1, 2, 8, 3],
        ],
        -3,
      ),
    ).toEqual([1, 10, 8, 3]);
    expect(
      mergedOutput('a', 'multiply', [
        [1, 8, 8, 3],
        [1, 1, 1, 3],
      ]),
    ).toEqual([1, 8, 8, 3]);
    expect(
      mergedOutput('a', 'concatenate', [
        [1, 3],
        [1, 4],
      ]),
    ).toEqual([1, 7]);
    expect(sumOutput([1, 8, 8, 3], [1, 8, 8, 3])).toEqual([1, 8, 8, 3]);
  });
  test('what crop takes off is what zeroPad puts on', () => {
    const pad = fc.nat({ max: 5 });
    const around = fc.tuple(fc.tuple(pad, pad), fc.tuple(pad, pad));
    fc.assert(
      fc.property(picture, around, (shape, sides) => {
        const padded = paddedOutput(shape, sides);
        expect([shape[0], ...croppedOutput(padded, sides), shape[3]]).toEqual(shape);
      }),
    );
  });
  test('merges are tfjs’s broadcasting, at equal rank', () => {
    const sized = fc.tuple(small, small, small);
    fc.assert(
      fc.property(sized, fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), fc.nat({ max: 2 }), (a, ones, off) => {
        const b = a.map((size, i) => (ones[i] ? 1 : size));
        expect(mergedOutput('n', 'add', [a, b])).toEqual(backend_util.assertAndGetBroadcastShape(a, b));
        const wrong = a.map((size, i) => (i === off ? size + 1 : size));
        if (a[off] === 1) expect(mergedOutput('n', 'add', [a, wrong])).toEqual(wrong);
        else expect(() => mergedOutput('n', 'add', [a, wrong])).toThrow(ShapeError);
        expect(() => mergedOutput('n', 'add', [a, a.slice(1)])).toThrow(ShapeError);
      }),
    );
  });
  test('a reshape keeps the number of values, or throws', () => {
    fc.assert(
      fc.property(fc.array(small, { minLength: 1, maxLength: 4 }), fc.array(small, { maxLength: 3 }), (from, to) => {
        const [input, wanted] = [
          [2, ...from],
          [...to, -1],
        ];
        if (sizeOf(from) % sizeOf(to) === 0) expect(sizeOf(reshapedOutput(input, wanted))).toBe(sizeOf(input));
        else expect(() => reshapedOutput(input, wanted)).toThrow('change shape, or the stages before it');
        if (sizeOf(from) !== sizeOf(to)) expect(() => reshapedOutput(input, to)).toThrow(ShapeError);
      }),
    );
  });
  test.each<[string, () => unknown, string]>([
    [
      'branches of two sizes',
      () =>
        concatOutput([
          [1, 8, 8, 3],
          [1, 8, 7, 3],
        ]),
      'but got [1, 8, 8, 3] and [1, 8, 7, 3]',
    ],
    [
      'branches of two ranks',
      () =>
        concatOutput([
          [1, 8],
          [1, 8, 7],
        ]),
      'change a branch',
    ],
    [
      'branches of two sizes, along the height',
      () =>
        concatOutput(
          [
            [1, 8, 8, 3],
            [1, 8, 7, 3],
          ],
          1,
        ),
      'all dimensions but dimension 1, but got [1, 8, 8, 3] and [1, 8, 7, 3]',
    ],
    ['rows without a second dimension', () => concatOutput([[1], [1]]), 'but got [1] and [1]'],
    [
      'a branch that is not its shortcut',
      () => sumOutput([1, 8], [1, 9]),
      'cannot add its branch [1, 8] to its shortcut [1, 9]',
    ],
    [
      'a merge of two sizes',
      () =>
        mergedOutput('n', 'add', [
          [1, 8],
          [1, 9],
        ]),
      'cannot add [1, 8] and [1, 9] in node n',
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(message);
  });
});
