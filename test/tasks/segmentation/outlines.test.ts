import {
  classMap,
  csvWriter,
  maskOf,
  OptionError,
  outlines,
  outputs,
  regression,
  segmentation,
  type Outline,
  type Vertex,
  type Segmentation,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { encodeRuns } from '../../../src/tasks/segmentation/rle.ts';
import { simplifyRing } from '../../../src/tasks/segmentation/simplify-ring.ts';
import { randomFrom } from '../../support/random.ts';

type Rows = readonly string[];

/** A result whose regions are the letters of a picture; dots are none. */
function drawn(rows: Rows, more: Partial<Segmentation> = {}): Segmentation {
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  const labels = [...new Set(rows.join('').replaceAll('.', ''))].toSorted();
  const regions = labels.map((label, index) => {
    const runs: number[] = [];
    for (let at = 0; at < width * height; at++) {
      if (rows[at % height]?.[Math.floor(at / height)] === label) runs.push(at, at + 1);
    }
    return { index, label, area: runs.length / 2, share: 0, rle: encodeRuns(runs, height, width) };
  });
  return { form: 'classes', regions, unseen: 0, picture: { width, height }, ...more };
}

const exact = (rows: Rows) => outlines(drawn(rows), { tolerance: 0 }).map(({ rings }) => rings);

/** The area of a ring: positive if it is clockwise as seen, with y downwards. */
const areaOf = (ring: readonly Vertex[]) =>
  ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length] as Vertex;
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);

/** Whether a point is in a polygon: how often a line to the left crosses its rings. */
const contains = ({ rings }: Outline, x: number, y: number) =>
  rings.flatMap((ring) =>
    ring.filter(([x0, y0], i) => {
      const [x1, y1] = ring[(i + 1) % ring.length] as Vertex;
      return y0 > y !== y1 > y && x > x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
    }),
  ).length %
    2 ===
  1;

describe('exact outlines', () => {
  it('of a pixel are its corners, clockwise from the upper left', () => {
    expect(exact(['...', '.a.', '...'])).toEqual([
      [
        [
          [1, 1],
          [2, 1],
          [2, 2],
          [1, 2],
        ],
      ],
    ]);
  });

  it('have corners only', () => {
    const [[ring]] = exact(['aaaa', 'aaaa', 'a...']) as [[Vertex[]]];
    expect(ring).toEqual([
      [0, 0],
      [4, 0],
      [4, 2],
      [1, 2],
      [1, 3],
      [0, 3],
    ]);
  });

  it('have a ring for each hole, counter-clockwise, also of a hole in a part in a hole', () => {
    const rows = ['aaaaaaa', 'a.....a', 'a.aaa.a', 'a.a.a.a', 'a.aaa.a', 'a.....a', 'aaaaaaa'];
    const parts = exact(rows);
    expect(parts.map((rings) => rings.map(areaOf))).toEqual([
      [49, -25],
      [9, -1],
    ]);
  });

  it('are apart where pixels touch at a corner only', () => {
    expect(exact(['a.', '.a']).map((rings) => rings.map(areaOf))).toEqual([[1], [1]]);
    expect(exact(['.a', 'a.']).map((rings) => rings.map(areaOf))).toEqual([[1], [1]]);
    // What is outside is connected there: two holes are one.
    expect(exact(['aaaa', 'a.aa', 'aa.a', 'aaaa']).map((rings) => rings.map(areaOf))).toEqual([[16, -2]]);
  });

  it('are those of parts that join further down, and to the right', () => {
    expect(exact(['a.a', 'a.a', 'aaa']).map((rings) => rings.map(areaOf))).toEqual([[7]]);
    expect(exact(['a.a.a', 'aaa.a', '..aaa']).map((rings) => rings.map(areaOf))).toEqual([[10]]);
  });

  it('are none of nothing', () => {
    expect(exact(['..', '..'])).toEqual([]);
    expect(outlines({ ...drawn(['a']), regions: [] })).toEqual([]);
    const empty = drawn(['a']);
    const [region] = empty.regions;
    expect(outlines({ ...empty, regions: [{ ...region!, rle: encodeRuns([], 1, 1) }] })).toEqual([]);
  });

  it('have the area of the mask, and its pixels, whatever it is', () => {
    const random = randomFrom(3);
    for (let round = 0; round < 60; round++) {
      const [width, height, share] = [1 + Math.floor(random() * 24), 1 + Math.floor(random() * 24), random()];
      const rows = Array.from({ length: height }, () =>
        Array.from({ length: width }, () => (random() < share ? 'a' : '.')).join(''),
      );
      const found = outlines(drawn(rows), { tolerance: 0 });
      const inside = rows.join('').split('a').length - 1;
      expect(found.flatMap(({ rings }) => rings.map(areaOf)).reduce((sum, area) => sum + area, 0)).toBe(inside);
      for (const { rings } of found) {
        expect(areaOf(rings[0] ?? [])).toBeGreaterThan(0);
        for (const hole of rings.slice(1)) expect(areaOf(hole)).toBeLessThan(0);
      }
      for (const [y, row] of rows.entries()) {
        for (const [x, letter] of Array.from(row).entries()) {
          expect(found.filter((one) => contains(one, x + 0.5, y + 0.5))).toHaveLength(letter === 'a' ? 1 : 0);
        }
      }
    }
  });

  it('of a board of 131,072 parts take less than ten seconds', { timeout: 60_000 }, () => {
    const size = 512;
    const runs = Array.from({ length: (size * size) / 2 }, (_, i) => {
      const at = 2 * i + (Math.floor((2 * i) / size) % 2);
      return [at, at + 1];
    }).flat();
    const board = { index: 0, label: 'a', area: 1, share: 0, rle: encodeRuns(runs, size, size) };
    const result = { ...drawn(['a']), regions: [board], picture: { width: size, height: size } };
    const startedAt = performance.now();
    expect(outlines(result, { tolerance: 0 })).toHaveLength((size * size) / 2);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('simpler outlines', () => {
  const radius = 40;
  const disc = Array.from({ length: 100 }, (_, y) =>
    Array.from({ length: 100 }, (_unused, x) => (Math.hypot(x + 0.5 - 50, y + 0.5 - 50) <= radius ? 'a' : '.')).join(
      '',
    ),
  );

  it('have fewer points, near the exact ones, and nearly the same area', () => {
    const exactRing = outlines(drawn(disc), { tolerance: 0 })[0]?.rings[0] ?? [];
    for (const tolerance of [0.5, 1, 2, 4]) {
      const ring = outlines(drawn(disc), { tolerance })[0]?.rings[0] ?? [];
      expect(ring.length).toBeLessThan(exactRing.length / (tolerance < 1 ? 1 : 3));
      // Each exact point is near a side.
      const away = exactRing.map((point) =>
        Math.min(...ring.map((start, i) => distance(point, start, ring[(i + 1) % ring.length] as Vertex))),
      );
      expect(Math.max(...away)).toBeLessThanOrEqual(tolerance + 1e-9);
      expect(Math.abs(areaOf(ring) / areaOf(exactRing) - 1)).toBeLessThan(0.05 * tolerance);
    }
  });

  it('leave out what is smaller than the tolerance', () => {
    expect(outlines(drawn(['....', '.a..', '....']), { tolerance: 2 })).toEqual([]);
    const holed = disc.map((row, y) => (y === 50 ? `${row.slice(0, 50)}.${row.slice(51)}` : row));
    expect(outlines(drawn(holed), { tolerance: 2 }).map(({ rings }) => rings.length)).toEqual([1]);
    expect(outlines(drawn(holed), { tolerance: 0 }).map(({ rings }) => rings.length)).toEqual([2]);
  });

  it('keep a rectangle as it is', () => {
    const rows = ['......', '.aaaa.', '.aaaa.', '.aaaa.', '......'];
    expect(outlines(drawn(rows), { tolerance: 0.9 })).toEqual(outlines(drawn(rows), { tolerance: 0 }));
    expect(simplifyRing([], 1)).toBeUndefined();
  });
});

function distance([x, y]: Vertex, [x0, y0]: Vertex, [x1, y1]: Vertex): number {
  const [across, down] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * across + (y - y0) * down) / (across * across + down * down || 1);
  const share = Math.max(0, Math.min(1, along));
  return Math.hypot(x - x0 - share * across, y - y0 - share * down);
}

describe('the outlines of a result', () => {
  const rows = ['aab', '..b'];

  it('are those of all its labels, or of one', () => {
    expect(outlines(drawn(rows), { tolerance: 0 }).map(({ label, index }) => [label, index])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(outlines(drawn(rows), { label: 'b', tolerance: 0 }).map(({ label }) => label)).toEqual(['b']);
    expect(outlines(drawn(rows), { label: 'c' })).toEqual([]);
  });

  it('are in the source picture also where the map is not', () => {
    const place = { width: 3, height: 2, left: -10, top: 5, scaleX: 10, scaleY: 20 };
    const [, b] = outlines(drawn(rows, { place, picture: { width: 100, height: 100 } }), { tolerance: 0 });
    expect(b?.rings).toEqual([
      [
        [10, 5],
        [20, 5],
        [20, 45],
        [10, 45],
      ],
    ]);
  });

  it.each<[object, string]>([
    [{ tolerance: -1 }, 'outlines: tolerance must be a number of at least 0, not -1'],
    [{ tolerance: NaN }, 'outlines: tolerance must be a number of at least 0, not NaN'],
    [{ tolerance: Infinity }, 'outlines: tolerance must be a number of at least 0, not Infinity'],
    [{ tolerance: '1' }, 'outlines: tolerance must be a number of at least 0, not "1"'],
    [{ label: 3 }, 'outlines: label must be a label, not 3'],
    [{ tolerence: 1 }, 'did you mean tolerance?'],
  ])('are refused with %j', (options, message) => {
    expect(() => outlines(drawn(rows), options)).toThrow(OptionError);
    expect(() => outlines(drawn(rows), options)).toThrow(message);
  });

  it('are refused of what is no result', () => {
    const huge = { ...drawn(rows), picture: { width: 1e9, height: 1e9 } };
    expect(() => outlines(huge)).toThrow(
      'outlines needs the result of a segmentation, but its map has 1000000000 × 1000000000 pixels',
    );
    expect(() => outlines({ ...drawn(rows), picture: {} as never })).toThrow(OptionError);
  });
});

describe('masks of results', () => {
  const size = { width: 2, height: 2 };
  const soft: Segmentation = {
    form: 'mask',
    regions: [],
    unseen: 0,
    picture: size,
    mask: Uint8Array.of(115, 0, 90, 1),
  };

  it('have their probabilities also where none is a region, and not those of another label', () => {
    expect([...maskOf(soft, 'person')]).toEqual([115, 0, 90, 1]);
    const cat = { index: 0, label: 'cat', area: 1, share: 0.25, rle: { size: [2, 2], counts: '112' } } as const;
    expect([...maskOf({ ...soft, regions: [cat] }, 'person')]).toEqual([0, 0, 0, 0]);
    expect([...maskOf({ ...soft, regions: [cat] }, 'cat')]).toEqual([115, 0, 90, 1]);
    // As JSON, a typed array is an object.
    const plain = { ...soft, regions: [cat], mask: { 0: 115 } as never };
    expect([...maskOf(plain, 'cat')]).toEqual([0, 0, 255, 0]);
  });

  it('stay as they are in a spreadsheet, also as one of several outputs', () => {
    const cat = { index: 8, label: 'cat', area: 1, share: 0.25, rle: { size: [2, 2] as const, counts: '1;=0@' } };
    const result = { form: 'classes' as const, regions: [cat], unseen: 0, picture: size };
    const task = outputs({ mask: { task: segmentation() }, age: { task: regression() } });
    const label = { source: 'a.jpg', seq: 0, timestamp: 0 };
    const text = csvWriter({ task, spreadsheet: true })
      .open()
      .write({ ...label, outputs: { mask: result, age: { value: 1 } } });
    expect(text).toContain('1;=0@');
  });

  it('of an aggregate may overlap: the smaller region is on top', () => {
    const all = { index: 1, label: 'all', area: 4, share: 1, rle: { size: [2, 2] as const, counts: '04' } };
    const one = { index: 2, label: 'one', area: 1, share: 0.25, rle: { size: [2, 2] as const, counts: '112' } };
    expect([...classMap({ regions: [all, one], picture: size })]).toEqual([1, 1, 2, 1]);
  });

  it('are outlined where they are in a large map', () => {
    const picture = { width: 7680, height: 4320 };
    const runs = [100 * 4320 + 7, 100 * 4320 + 9, 101 * 4320 + 7, 101 * 4320 + 9];
    const region = { index: 0, label: 'a', area: 4, share: 0, rle: encodeRuns(runs, 4320, 7680) };
    expect(outlines({ regions: [region], picture }).map(({ rings }) => rings)).toEqual([
      [
        [
          [100, 7],
          [102, 7],
          [102, 9],
          [100, 9],
        ],
      ],
    ]);
  });
});
