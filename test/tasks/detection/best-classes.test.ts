import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestClasses, type ScoreLayout } from '../../../src/tasks/detection/heads/best-classes.ts';

type Found = readonly (readonly [box: number, index: number, score: number])[];

interface Asked {
  readonly boxes: number;
  readonly classes: number;
  readonly inRows: boolean;
  readonly minScore: number;
  readonly only: readonly number[];
  readonly scores: Float32Array;
}

/** Scores that are mostly low, often equal, sometimes at the limit. */
const asked: fc.Arbitrary<Asked> = fc
  .record({ boxes: fc.integer({ min: 1, max: 40 }), classes: fc.integer({ min: 1, max: 6 }), inRows: fc.boolean() })
  .chain((size) =>
    fc.record({
      ...{ boxes: fc.constant(size.boxes), classes: fc.constant(size.classes), inRows: fc.constant(size.inRows) },
      minScore: fc.constantFrom(0, 0.25, 0.5, 1),
      only: fc.subarray(Array.from({ length: size.classes }, (_, index) => index)),
      scores: fc
        .array(
          fc.oneof(
            { weight: 8, arbitrary: fc.constantFrom(0, 0.125) },
            fc.constantFrom(0.25, 0.5, 0.75, 1),
            fc.float({ min: 0, max: 1, noNaN: true }),
          ),
          { minLength: size.boxes * size.classes, maxLength: size.boxes * size.classes },
        )
        .map((numbers) => Float32Array.from(numbers)),
    }),
  );

const BEFORE = 3;

/** The scores behind three other numbers, and where they are. */
function laidOut({ boxes, classes, inRows, scores }: Asked): { data: Float32Array; layout: ScoreLayout } {
  const [perBox, perClass] = inRows ? [classes, 1] : [1, boxes];
  const data = new Float32Array(BEFORE + boxes * classes).fill(9);
  for (let i = 0; i < scores.length; i++) {
    data[BEFORE + Math.floor(i / classes) * perBox + (i % classes) * perClass] = scores[i] ?? NaN;
  }
  return { data, layout: { boxes, classes, first: BEFORE, perBox, perClass } };
}

function read(given: Asked): Found {
  const { data, layout } = laidOut(given);
  const found: [number, number, number][] = [];
  const wanted = {
    minScore: given.minScore,
    width: 1,
    height: 1,
    isWanted: (index: number) => given.only.includes(index),
  };
  bestClasses({ shape: [], data }, layout, {}, wanted, (...one) => found.push(one));
  return found;
}

/** Box by box, class by class: the first one with the highest score. */
function naive({ boxes, classes, minScore, only, scores }: Asked): Found {
  return Array.from({ length: boxes }, (_, box) => {
    const own = only.map((index) => [box, index, scores[box * classes + index] ?? NaN] as const);
    const best = own.toSorted(([, a, one], [, b, other]) => other - one || a - b)[0];
    return best && best[2] >= minScore ? [best] : [];
  }).flat();
}

describe('the best class of each box', () => {
  it('is that of a plain reading, in rows as in columns', () => {
    fc.assert(
      fc.property(asked, (given) => {
        expect(read(given)).toEqual(naive(given));
      }),
    );
  });

  it('is not read over a score that is not a number', () => {
    fc.assert(
      fc.property(asked, fc.nat(), (given, place) => {
        const { classes, boxes } = given;
        const box = place % boxes;
        const [index] = given.only;
        if (index === undefined) return;
        const scores = given.scores.slice();
        scores[box * classes + index] = NaN;
        expect(() => read({ ...given, scores })).toThrow('a score of a box is not a number');
      }),
    );
  });
});
