import type { Rectangle } from 'sluice';
import { describe, expect, it } from 'vitest';
import { overlapsOf, type Labelled } from '../../../src/tasks/tracking/overlaps.ts';
import { randomFrom, seed } from '../../support/random.ts';

const one = (x: number, y: number, width: number, height: number, label = 'cat'): Labelled => ({
  box: { x, y, width, height },
  label,
});

/** The intersection over union, by counting the corners of pixels: for boxes at whole numbers. */
function counted(a: Rectangle, b: Rectangle): number {
  const has = ({ x, y, width, height }: Rectangle, i: number, j: number) =>
    i >= x && i < x + width && j >= y && j < y + height;
  let [both, either] = [0, 0];
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 40; j++) {
      if (has(a, i, j) && has(b, i, j)) both++;
      if (has(a, i, j) || has(b, i, j)) either++;
    }
  }
  return both / either;
}

describe('the overlaps of boxes', () => {
  it(`are those of counted pixels (FUZZ_SEED=${seed})`, () => {
    const random = randomFrom(seed);
    const whole = (most: number) => Math.floor(random() * most);
    const some = () =>
      Array.from({ length: 12 }, () => one(whole(30), whole(30), 1 + whole(10), 1 + whole(10), 'ab'[whole(2)]));
    for (let round = 0; round < 10; round++) {
      const [ones, others] = [some(), some()];
      for (const acrossClasses of [true, false]) {
        const found = overlapsOf(ones, others, 0.2, acrossClasses);
        for (const [i, { box, label }] of ones.entries()) {
          const wanted = others.flatMap((other, number) => {
            const iou = counted(box, other.box);
            return iou >= 0.2 && (acrossClasses || label === other.label) ? [{ number, iou }] : [];
          });
          expect(found[i]?.toSorted((a, b) => a.number - b.number)).toEqual(wanted);
        }
      }
    }
  });

  it.each<[string, Labelled, Labelled, number]>([
    ['beside each other', one(0, 0, 10, 10), one(10, 0, 10, 10), 0],
    ['below each other', one(0, 0, 10, 10), one(0, 10, 10, 10), 0],
    ['without an area', one(0, 0, 10, 10), one(5, 5, 0, 0), 0],
    ['with a height under 0', one(0, 0, 10, 10), one(5, 5, 4, -4), 0],
    ['under the limit', one(0, 0, 10, 10), one(8, 0, 10, 10), 0.2],
    ['of another label', one(0, 0, 10, 10), one(0, 0, 10, 10, 'dog'), 0],
    ['not a number', one(NaN, 0, 10, 10), one(0, 0, 10, 10), 0],
  ])('are none for boxes %s', (_, a, b, minIou) => {
    expect(overlapsOf([a], [b], minIou, false)).toEqual([[]]);
    expect(overlapsOf([b], [a], minIou, false)).toEqual([[]]);
  });

  it('are none without boxes', () => {
    expect(overlapsOf([], [one(0, 0, 1, 1)], 0, false)).toEqual([]);
    expect(overlapsOf([one(0, 0, 1, 1)], [], 0, false)).toEqual([[]]);
  });

  it('are at the limit, too', () => {
    expect(overlapsOf([one(0, 0, 10, 10)], [one(0, 0, 10, 2)], 0.2, false)).toEqual([[{ number: 0, iou: 0.2 }]]);
  });

  it('are the 64 best ones in a pile, in any order', () => {
    const pile = Array.from({ length: 1000 }, (_, i) => one((7 * i) % 1000, 0, 2000, 10));
    const [found = []] = overlapsOf([one(0, 0, 2000, 10)], pile, 0, false);
    expect(found.map(({ number }) => pile[number]?.box.x).toSorted((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 64 }, (_, i) => i),
    );
    const same = Array.from({ length: 1000 }, () => one(0, 0, 10, 10));
    expect(overlapsOf([one(0, 0, 10, 10)], same, 0, false)[0]).toHaveLength(64);
  });
});
