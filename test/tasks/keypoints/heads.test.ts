import { assert, constantFrom, float, integer, property } from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { OptionError, ShapeError, type KeypointOutputs } from 'sluice';
import { checkOutputs } from '../../../src/tasks/keypoints/keypoint-outputs.ts';
import { findHead } from '../../../src/tasks/keypoints/heads/find-head.ts';
import { randomFrom } from '../../support/random.ts';

type Shape = readonly number[];

/** Reads an output: the input is 100 wide and 200 high. Numbers with three decimals. */
function decode(shape: Shape, data: readonly number[], settings: KeypointOutputs = {}, minScore = 0.5) {
  const head = findHead({ '': shape }, checkOutputs(settings));
  const found = head.decode({ shape, data: Float32Array.from(data) }, { minScore, width: 100, height: 200 });
  const round = (x: number) => Math.round(x * 1e3) / 1e3;
  return found.map(({ score, corners, points }) => ({
    score: round(score),
    ...(corners ? { corners: corners.map(round) } : {}),
    points: points().map((point) => [point.x, point.y, point.score].map(round)),
  }));
}

const found = (shape: Shape, settings: KeypointOutputs = {}) => {
  const { head, points } = findHead({ '': shape }, checkOutputs(settings));
  return [head, points];
};

describe('MoveNet', () => {
  it('gives one pose: y, x, score; the score of the pose is their mean', () => {
    expect(decode([1, 1, 2, 3], [0.25, 0.5, 0.75, 1, 0, 0.5])).toEqual([
      {
        score: 0.625,
        points: [
          [50, 50, 0.75],
          [0, 200, 0.5],
        ],
      },
    ]);
  });
  it('of heat maps, a peak a little under 0 or over 1 is 0 or 1; one far from that is a logit', () => {
    const scoreOf = (peak: number) =>
      decode([1, 1, 2, 1], [peak, peak - 0.1], { head: 'heatmaps', refine: 'none' }, 0).map(({ score }) => score);
    expect([scoreOf(1.28), scoreOf(-0.01), scoreOf(0.7)]).toEqual([[1], [0], [0.7]]);
    expect(scoreOf(6)).toEqual([6]);
    expect(decode([1, 1, 2, 1], [0, -9], { head: 'heatmaps', refine: 'none', fromLogits: true })[0]?.score).toBe(0.5);
  });
  it('gives none under the lowest score', () => {
    expect(decode([1, 1, 1, 3], [0.5, 0.5, 0.4])).toEqual([]);
  });
  it('may give pixels and logits, if that is said', () => {
    expect(decode([1, 1, 1, 3], [7, 9, Math.log(3)], { units: 'pixels', fromLogits: true })).toEqual([
      { score: 0.75, points: [[9, 7, 0.75]] },
    ]);
  });
  it('of several poses gives points, top, left, bottom, right and the score of each', () => {
    const pose = [0.1, 0.2, 0.9, 0.3, 0.4, 0.8];
    const box = [0.1, 0.2, 0.5, 0.6];
    expect(decode([1, 2, 11], [...pose, ...box, 0.7, ...pose, ...box, 0.2], { head: 'movenet-multipose' })).toEqual([
      {
        score: 0.7,
        corners: [20, 20, 60, 100],
        points: [
          [20, 20, 0.9],
          [40, 60, 0.8],
        ],
      },
    ]);
  });
});

describe('YOLO', () => {
  const first = [50, 60, 20, 40, 0.9, 45, 55, 0.8, 52, 66, 0.1];
  const second = [10, 10, 2, 2, 0.3, 1, 1, 1, 2, 2, 1];
  const expected = [
    {
      score: 0.9,
      corners: [40, 40, 60, 80],
      points: [
        [45, 55, 0.8],
        [52, 66, 0.1],
      ],
    },
  ];

  it('gives candidates as columns', () => {
    const columns = first.flatMap((number, i) => [number, second[i] as number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(decode([1, 11, 12], columns, { points: 2 })).toEqual(expected);
  });
  it('gives candidates as rows', () => {
    expect(decode([1, 2, 11], [...first, ...second], { head: 'yolo', points: 2 })).toEqual(expected);
  });
  it('without scores of points gives them that of the pose', () => {
    expect(decode([1, 1, 9], [50, 60, 20, 40, 0.9, 45, 55, 52, 66], { head: 'yolo' })).toEqual([
      {
        score: 0.9,
        corners: [40, 40, 60, 80],
        points: [
          [45, 55, 0.9],
          [52, 66, 0.9],
        ],
      },
    ]);
  });
  it('may count from 0 to 1, as its exports for TensorFlow do', () => {
    const shares = [0.5, 0.3, 0.2, 0.2, 0.9, 0.45, 0.275, 0.8];
    expect(decode([1, 1, 8], shares, { head: 'yolo', units: 'relative' })).toEqual([
      { score: 0.9, corners: [40, 40, 60, 80], points: [[45, 55, 0.8]] },
    ]);
  });
  it('with non-maximum suppression inside gives corners and a class', () => {
    expect(decode([1, 1, 9], [40, 40, 60, 80, 0.9, 0, 45, 55, 0.8], { head: 'yolo-boxes' })).toEqual([
      { score: 0.9, corners: [40, 40, 60, 80], points: [[45, 55, 0.8]] },
    ]);
  });

  test('columns, rows and a naive reading give the same poses', () => {
    const layout = property(
      integer({ min: 1, max: 9 }),
      integer({ min: 1, max: 60 }),
      constantFrom(2, 3),
      integer(),
      (points, count, values, seed) => {
        const random = randomFrom(seed);
        const numbers = 5 + values * points;
        const rows = Array.from({ length: count }, () => Array.from({ length: numbers }, () => Math.fround(random())));
        const columns = Array.from({ length: numbers }, (_, i) => rows.map((row) => row[i] as number));
        const naive = rows.flatMap((row) => {
          const [x = 0, y = 0, w = 0, h = 0, score = 0] = row;
          if (score < 0.5) return [];
          const places = Array.from({ length: points }, (_, i) => row.slice(5 + values * i, 5 + values * (i + 1)));
          const corners = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
          return [{ score, corners, points: places.map(([px = 0, py = 0, own = score]) => [px, py, own]) }];
        });
        const round = (list: unknown) =>
          JSON.parse(
            JSON.stringify(list, (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 1e3) : value)),
          ) as unknown;
        for (const [shape, data] of [
          [[1, count, numbers], rows],
          [[1, numbers, count], columns],
        ] as const) {
          // Square, or with fewer candidates than numbers, the other form is the likely one.
          if (count <= numbers) continue;
          expect(round(decode(shape, data.flat(), { head: 'yolo', points }))).toEqual(round(naive));
        }
      },
    );
    assert(layout, { numRuns: 100 });
  });
});

describe('heat maps', () => {
  /** A Gaussian with its peak between the cells, as a model is trained to give it. */
  const gaussian = (h: number, w: number, x: number, y: number) =>
    Array.from({ length: h * w }, (_, i) => {
      const [column, row] = [(i % w) + 0.5, Math.floor(i / w) + 0.5];
      return 0.9 * Math.exp(-((column - x) ** 2 + (row - y) ** 2) / 4);
    });

  it('have a point where they are largest, in the middle of the cell', () => {
    const map = [0, 0.1, 0, 0, 0.2, 0.8, 0.1, 0];
    expect(decode([1, 2, 4, 1], map, { head: 'heatmaps', refine: 'none' })).toEqual([
      { score: 0.8, points: [[37.5, 150, 0.8]] },
    ]);
  });
  it('move it a quarter of a cell towards the larger neighbour', () => {
    // Above is 0.1, below is nothing; on the left is 0.2, on the right 0.1.
    const map = [0, 0.1, 0, 0, 0.2, 0.8, 0.1, 0];
    expect(decode([1, 2, 4, 1], map, { head: 'heatmaps' })[0]?.points).toEqual([[31.25, 125, 0.8]]);
    expect(decode([1, 1, 4, 1], [0, 0.9, 0, 0], { head: 'heatmaps' })[0]?.points[0]?.[0]).toBe(37.5);
  });
  it.each([
    [5.5, 7.5],
    [5.1, 7.9],
    [3.75, 4.2],
  ])('find the peak of a Gaussian at %d, %d', (x, y) => {
    const map = gaussian(12, 10, x, y);
    const [pose] = decode([1, 12, 10, 1], map, { head: 'heatmaps', refine: 'dark' });
    expect(pose?.points[0]?.[0]).toBeCloseTo(x * 10, 1);
    expect(pose?.points[0]?.[1]).toBeCloseTo((y * 200) / 12, 1);
    const [coarse] = decode([1, 12, 10, 1], map, { head: 'heatmaps' });
    expect(Math.abs((coarse?.points[0]?.[0] ?? NaN) - x * 10)).toBeLessThanOrEqual(2.51);
  });
  it.each([
    ['at a corner', [0.9, 0.5, 0, 0.5, 0, 0, 0, 0, 0]],
    ['flat', [0, 0, 0, 0, 0.9, 0.9, 0, 0.9, 0.9]],
    ['a single cell', [0, 0, 0, 0, 0.9, 0, 0, 0, 0]],
  ])('whose peak is %s give a place inside of the map', (_, map) => {
    const [pose] = decode([1, 3, 3, 1], map, { head: 'heatmaps', refine: 'dark' });
    const [x = NaN, y = NaN] = pose?.points[0] ?? [];
    expect(x >= 0 && x <= 100 && y >= 0 && y <= 200).toBe(true);
  });
  it('may come first, of a model that has the channels first', () => {
    const maps = [0.1, 0.9, 0, 0, 0, 0, 0.8, 0, 0.7, 0, 0, 0];
    const settings = { head: 'heatmaps', names: ['a', 'b', 'c'], refine: 'none' } as const;
    const first = decode([1, 3, 2, 2], maps, settings);
    expect(first[0]?.points).toEqual([
      [75, 50, 0.9],
      [25, 150, 0.8],
      [25, 50, 0.7],
    ]);
    const last = [0, 1, 2, 3].flatMap((cell) => [0, 1, 2].map((map) => maps[map * 4 + cell] as number));
    expect(decode([1, 2, 2, 3], last, settings)).toEqual(first);
    expect(found([1, 17, 64, 48])).toEqual(['heatmaps', 17]);
    expect(found([1, 64, 48, 17])).toEqual(['heatmaps', 17]);
    expect(found([1, 64, 17, 21])).toEqual(['heatmaps', 21]);
  });
  it('of logits have the sigmoid as score', () => {
    const map = [-5, Math.log(3), -5, -5];
    expect(decode([1, 2, 2, 1], map, { head: 'heatmaps', fromLogits: true, refine: 'none' })[0]?.score).toBe(0.75);
  });

  test('give what a search through each map gives', () => {
    const maps = property(
      integer({ min: 1, max: 8 }),
      integer({ min: 1, max: 8 }),
      integer({ min: 1, max: 5 }),
      float({ min: 0, max: 1, noNaN: true }),
      (h, w, points, scale) => {
        const random = randomFrom(h * 100 + w * 10 + points);
        const data = Float32Array.from({ length: h * w * points }, () => random() * scale);
        const settings = { head: 'heatmaps', refine: 'none', points } as const;
        // Where a side has the length of the points, too, the last dimension counts.
        const [pose] = decode([1, h, w, points], [...data], settings, 0);
        for (let point = 0; point < points; point++) {
          const own = Array.from({ length: h * w }, (_, cell) => data[cell * points + point] as number);
          const best = own.indexOf(Math.max(...own));
          const [x = NaN, y = NaN] = pose?.points[point] ?? [];
          expect(x).toBeCloseTo((((best % w) + 0.5) * 100) / w, 2);
          expect(y).toBeCloseTo(((Math.floor(best / w) + 0.5) * 200) / h, 2);
        }
      },
    );
    assert(maps, { numRuns: 50 });
  });
});

describe('the head', () => {
  it.each<[Shape, string, number]>([
    [[1, 1, 17, 3], 'movenet', 17],
    [[1, 1, 5, 3], 'movenet', 5],
    [[1, 6, 56], 'movenet-multipose', 17],
    [[1, 56, 8400], 'yolo', 17],
    [[1, 8400, 56], 'yolo', 17],
    [[1, 39, 2100], 'yolo', 17],
    [[1, 68, 2100], 'yolo', 21],
    [[1, 300, 57], 'yolo-boxes', 17],
    [[1, 64, 48, 17], 'heatmaps', 17],
  ])('of %j is %s with %i points', (shape, head, points) => {
    expect(found(shape)).toEqual([head, points]);
  });
  it('is the one with as many points as there are names', () => {
    const names = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`);
    expect(found([1, 107, 8400], { names: names(34) })).toEqual(['yolo', 34]);
    expect(found([1, 107, 8400], { names: names(51) })).toEqual(['yolo', 51]);
    expect(found([1, 107, 8400], { points: 34 })).toEqual(['yolo', 34]);
  });
  it('has to be said where several fit', () => {
    expect(() => found([1, 107, 8400])).toThrow(
      "needs keypoints({ head: 'yolo', points: 34 }) or keypoints({ head: 'yolo', points: 51 }) for an output [1, 107, 8400]",
    );
    // Of 17 points, as COCO's, is the likely one.
    expect(found([1, 11, 56])).toEqual(['movenet-multipose', 17]);
    expect(() => found([1, 300, 11])).toThrow(ShapeError);
  });

  it.each<[Shape]>([[[1, 1000]], [[17, 3]], [[2, 1, 17, 3]], [[1, 6, 7]], [[1, 8, 8]], [[1]], [[]], [[1, 0, 17, 3]]])(
    'of %j is none: the error lists what can be read',
    (shape) => {
      const call = () => found(shape);
      expect(call).toThrow(ShapeError);
      expect(call).toThrow(
        `needs the output of a model of poses, but got [${shape.join(', ')}]: choose another output`,
      );
      expect(call).toThrow('[1, 1, points, 3] (movenet)');
    },
  );
  it.each<[KeypointOutputs, Shape, string]>([
    [{ head: 'movenet' }, [1, 6, 56], 'needs [1, 1, points, 3] for the head movenet, but got [1, 6, 56]'],
    [{ head: 'yolo' }, [1, 4, 4], 'for the head yolo, but got [1, 4, 4]'],
    [{ head: 'heatmaps' }, [1, 4, 4], 'needs [1, h, w, points] or [1, points, h, w] for the head heatmaps'],
    [{ points: 5 }, [1, 1, 17, 3], 'needs an output of 5 points (points), but [1, 1, 17, 3] has 17'],
    [{ names: ['a', 'b'] }, [1, 56, 8400], 'needs an output of 2 points (names), but [1, 56, 8400] has 17'],
  ])('%j of %j is refused', (settings, shape, message) => {
    expect(() => found(shape, settings)).toThrow(ShapeError);
    expect(() => found(shape, settings)).toThrow(message);
  });
  it('is of one output', () => {
    const call = () => findHead({ maps: [1, 9, 9, 17], offsets: [1, 9, 9, 34] }, {});
    expect(call).toThrow(ShapeError);
    expect(call).toThrow('needs the one output that holds points, but got maps [1, 9, 9, 17], offsets [1, 9, 9, 34]');
  });
});

describe('settings', () => {
  it.each<[object, string]>([
    [
      { head: 'openpose' },
      'head must be one of movenet, movenet-multipose, yolo, yolo-boxes, heatmaps, not "openpose"',
    ],
    [{ units: 'cm' }, 'units must be one of pixels, relative, not "cm"'],
    [{ refine: true }, 'refine must be one of none, quarter, dark, not true'],
    [{ points: 0 }, 'points must be a whole number of at least 1, not 0'],
    [{ fromLogits: 1 }, 'fromLogits must be true or false, not 1'],
    [{ names: [] }, 'names must be a list of names of points'],
    [{ names: 'nose' }, 'names must be a list of names of points, not "nose"'],
    [{ names: ['a', ''] }, 'names must be a list of names of points'],
    [{ names: ['a', 'b', 'a'] }, 'names has "a" twice'],
    [{ names: ['a', 'b'], points: 3 }, 'there are 2 names for 3 points'],
    [{ edges: 'all' }, 'edges must be a list of pairs of names, not "all"'],
    [{ edges: [['nose']] }, 'an edge must be a pair of names of points'],
    [{ edges: [[0, 1]] }, 'an edge must be a pair of names of points'],
    [{ names: ['a', 'b'], edges: [['a', 'nose']] }, 'an edge has "nose", which is not the name of a point'],
    [{ edges: [['nose', 'tail']] }, 'an edge has "tail", which is not the name of a point'],
  ])('%j are refused', (settings, message) => {
    expect(() => checkOutputs(settings as KeypointOutputs)).toThrow(OptionError);
    expect(() => checkOutputs(settings as KeypointOutputs)).toThrow(`keypoints: ${message}`);
  });
  it('take edges of points without names by their numbers', () => {
    expect(() => checkOutputs({ points: 3, edges: [['point 0', 'point 2']] })).not.toThrow();
  });
});
