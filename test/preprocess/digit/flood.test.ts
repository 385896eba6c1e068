import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { borderOf, mediansAround } from '../../../src/preprocess/digit/border.ts';
import { flood } from '../../../src/preprocess/digit/flood.ts';
import { wholeOf, type Plane } from '../../../src/preprocess/digit/plane.ts';

function plane(...rows: string[]): Plane {
  const data = Uint8Array.from(rows.flatMap((row) => Array.from(row, Number)));
  return { width: rows[0]?.length ?? 0, height: rows.length, data };
}

function rowsOf({ width, height }: Plane, data: Uint8Array): string[] {
  return Array.from({ length: height }, (_, y) => data.subarray(y * width, (y + 1) * width).join(''));
}

/** As the definition says: from the levels at the border, raised until nothing changes. */
function byDefinition({ width, height, data }: Plane, border: Int32Array, levels: Uint8Array): Uint8Array {
  const flooded = new Int16Array(data.length).fill(-1);
  border.forEach((place, i) => (flooded[place] = Math.min(data[place] as number, levels[i] as number)));
  for (let changed = true; changed;) {
    changed = false;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const [across, down] of [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [x + dx, y + dy] as const))) {
          if (across < 0 || down < 0 || across >= width || down >= height) continue;
          const level = Math.min(data[y * width + x] as number, flooded[down * width + across] as number);
          if (level <= (flooded[y * width + x] as number)) continue;
          flooded[y * width + x] = level;
          changed = true;
        }
      }
    }
  }
  return Uint8Array.from(flooded);
}

function floodedTo(of: Plane, level = 255): string[] {
  const border = borderOf(wholeOf(of), of.width);
  return rowsOf(of, flood(of, border, new Uint8Array(border.length).fill(level)));
}

describe('flood', () => {
  it('leaves out what is surrounded by lower pixels', () => {
    expect(floodedTo(plane('22222', '21112', '21912', '21112', '22222'))).toEqual([
      '22222',
      '21112',
      '21112',
      '21112',
      '22222',
    ]);
  });

  it('follows a ridge from the border, also by its corners', () => {
    expect(floodedTo(plane('51111', '15111', '11591', '11111', '11111'))).toEqual([
      '51111',
      '15111',
      '11551',
      '11111',
      '11111',
    ]);
  });

  it('is as high as the water at the border', () => {
    expect(floodedTo(plane('51111', '15111', '11591', '11111', '11111'), 3)).toEqual([
      '31111',
      '13111',
      '11331',
      '11111',
      '11111',
    ]);
  });

  it('takes all of planes that are all border', () => {
    expect(floodedTo(plane('7'))).toEqual(['7']);
    expect(floodedTo(plane('793'))).toEqual(['793']);
    expect(floodedTo(plane('7', '9'))).toEqual(['7', '9']);
  });

  it('is what its definition says', () => {
    const planes = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 255 }))
      .chain(([width, height, most]) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          data: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: most }),
        }),
      );
    fc.assert(
      fc.property(planes, fc.integer({ min: 1, max: 12 }), (one, span) => {
        const border = borderOf(wholeOf(one), one.width);
        const levels = mediansAround(
          Uint8Array.from(border, (place) => one.data[place] as number),
          span,
        );
        expect(flood(one, border, levels)).toEqual(byDefinition(one, border, levels));
      }),
    );
  });
});

describe('borderOf', () => {
  it.each([
    [1, 1, [0]],
    [3, 1, [0, 1, 2]],
    [1, 3, [0, 1, 2]],
    [2, 2, [0, 1, 3, 2]],
    [3, 3, [0, 1, 2, 5, 8, 7, 6, 3]],
  ])('goes once around %i × %i', (width, height, places) => {
    expect([...borderOf({ x: 0, y: 0, width, height }, width)]).toEqual(places);
  });

  it('goes around a part', () => {
    expect([...borderOf({ x: 1, y: 1, width: 2, height: 3 }, 10)]).toEqual([11, 12, 22, 32, 31, 21]);
  });
});

describe('mediansAround', () => {
  it('is not changed by what is narrower than half of its span', () => {
    const values = Uint8Array.from({ length: 40 }, (_, i) => (i >= 10 && i < 14 ? 200 : 5));
    expect([...mediansAround(values, 9)]).toEqual(Array<number>(40).fill(5));
  });

  it('follows what is wider, and a slope', () => {
    const values = Uint8Array.from({ length: 60 }, (_, i) => (i >= 10 && i < 40 ? 200 : 5));
    expect([...mediansAround(values, 9)]).toEqual([...values]);
    const slope = Uint8Array.from({ length: 40 }, (_, i) => i);
    expect([...mediansAround(slope, 9).subarray(8, 32)]).toEqual([...slope.subarray(8, 32)]);
  });

  it('goes on where a line begins again', () => {
    const values = Uint8Array.of(9, 1, 1, 1, 1, 1, 1, 1, 9);
    expect([...mediansAround(values, 3)]).toEqual([9, 1, 1, 1, 1, 1, 1, 1, 9]);
    expect([...mediansAround(values, 5)]).toEqual(Array<number>(9).fill(1));
  });

  it.each([1, 2, 3, 4])('takes lines of %i values, and spans that are longer', (length) => {
    const values = Uint8Array.from({ length }, (_, i) => i * 50);
    for (const span of [1, 2, 5, 1000]) {
      const half = Math.floor((Math.min(span, length) - 1) / 2);
      const wanted = [...values].map((_, i) => {
        const around = Array.from(
          { length: 2 * half + 1 },
          (_, k) => values[(i + k - half + length) % length] as number,
        );
        return around.toSorted((a, b) => a - b)[half];
      });
      expect([...mediansAround(values, span)]).toEqual(wanted);
    }
  });
});
