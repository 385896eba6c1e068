import { describe, expect, it } from 'vitest';
import { digitParts } from '../../../src/preprocess/digit/digit-parts.ts';
import { partsOf } from '../../../src/preprocess/digit/parts.ts';

function parts(...rows: string[]) {
  const data = Uint8Array.from(rows.flatMap((row) => Array.from(row, Number)));
  return partsOf({ width: rows[0]?.length ?? 0, height: rows.length, data }, 1);
}

describe('partsOf', () => {
  it('finds pixels that touch, also by corners', () => {
    const { all, labels } = parts('1   2', ' 3   ', '    4');
    expect(all.map(({ sum, area, peak }) => ({ sum, area, peak }))).toEqual([
      { sum: 4, area: 2, peak: 3 },
      { sum: 2, area: 1, peak: 2 },
      { sum: 4, area: 1, peak: 4 },
    ]);
    expect([...labels]).toEqual([1, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
    expect(all[0]?.box).toEqual({ x: 0, y: 0, width: 2, height: 2 });
  });

  it('does not go on from the end of a row to the next one', () => {
    expect(parts('   1', '1   ').all.length).toBe(2);
  });

  it('takes what reaches the least value', () => {
    const { all } = partsOf({ width: 3, height: 1, data: Uint8Array.of(4, 5, 6) }, 5);
    expect(all.map(({ sum }) => sum)).toEqual([11]);
  });

  it('says what touches the border', () => {
    expect(parts('     ', ' 1   ', '     ', '   1 ', '   1 ').all.map(({ touches }) => touches)).toEqual([false, true]);
  });

  it('is empty where nothing is', () => {
    expect(parts('   ').all).toEqual([]);
  });
});

describe('digitParts', () => {
  type Drawn = readonly [x: number, y: number, width: number, height: number, line?: number];
  /** Which of these boxes are chosen. Those with a line are drawn as frames of that width. */
  function chosen(...boxes: Drawn[]): boolean[] {
    const [width, height] = [160, 120];
    const data = new Uint8Array(width * height);
    for (const [left, top, wide, high, line = Infinity] of boxes) {
      for (let y = 0; y < high; y++) {
        for (let x = 0; x < wide; x++) {
          if (Math.min(x, y, wide - 1 - x, high - 1 - y) < line) data[(top + y) * width + left + x] = 100;
        }
      }
    }
    const parts = partsOf({ width, height, data }, 1);
    const digit = digitParts(parts);
    return boxes.map(([x, y]) => digit?.labels.has(parts.labels[y * width + x] as number) === true);
  }

  it('takes the part with most ink, and what is nearer than a quarter of its longer side', () => {
    expect(chosen([5, 5, 20, 40], [35, 5, 20, 20], [68, 5, 10, 10])).toEqual([true, true, false]);
  });

  it('measures the distance by the box of what it has', () => {
    // The third is too far from the first, whose longer side is 16, but not from both, whose longer side is 34.
    expect(chosen([5, 5, 8, 16], [5, 25, 8, 14], [21, 5, 3, 34])).toEqual([true, true, true]);
    expect(chosen([5, 5, 8, 16], [21, 5, 4, 12])).toEqual([true, false]);
  });

  it('leaves specks out', () => {
    expect(chosen([5, 5, 32, 32], [38, 5, 5, 6])).toEqual([true, false]);
    expect(chosen([5, 5, 32, 32], [38, 5, 4, 8])).toEqual([true, true]);
  });

  it('prefers what does not reach the border to what has less than eight times as much ink', () => {
    expect(chosen([0, 0, 100, 7], [20, 10, 10, 10])).toEqual([false, true]);
    expect(chosen([0, 0, 100, 9], [20, 12, 10, 10])).toEqual([true, true]);
  });

  it('takes what reaches the border if there is nothing else', () => {
    expect(chosen([0, 0, 9, 9])).toEqual([true]);
  });

  it('leaves a frame out', () => {
    expect(chosen([20, 20, 100, 80, 1], [50, 40, 20, 30])).toEqual([false, true]);
    // What is in a 0 is smaller, and what is in the bay of a 3 is open to one side.
    expect(chosen([20, 20, 100, 80, 1], [50, 40, 20, 25])).toEqual([true, true]);
    expect(chosen([20, 20, 4, 80], [24, 20, 60, 4], [24, 96, 60, 4], [30, 40, 20, 30])).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('is undefined without parts', () => {
    expect(digitParts(partsOf({ width: 2, height: 2, data: new Uint8Array(4) }, 1))).toBeUndefined();
  });

  it('looks at the heaviest ones of many parts only', () => {
    const data = Uint8Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 && Math.floor(i / 100) % 2 === 0 ? 9 : 0));
    const parts = partsOf({ width: 100, height: 100, data }, 1);
    expect(parts.all.length).toBe(2500);
    expect(digitParts(parts)?.labels.size).toBeLessThanOrEqual(64);
  });
});
