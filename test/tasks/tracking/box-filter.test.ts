import type { Rectangle } from 'sluice';
import { describe, expect, it } from 'vitest';
import {
  beginFilter,
  boxOf,
  correctFilter,
  predictFilter,
  type BoxFilter,
} from '../../../src/tasks/tracking/box-filter.ts';
import { beginMotion, correctMotion, predictMotion } from '../../../src/tasks/tracking/motion.ts';
import { randomFrom, seed } from '../../support/random.ts';

// The same filter as one of eight numbers, with whole matrices, as DeepSORT writes it.

type Matrix = readonly (readonly number[])[];
const times = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] ?? NaN), 0)));
const turned = (a: Matrix): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? NaN));
const plus = (a: Matrix, b: Matrix, sign = 1): number[][] =>
  a.map((row, i) => row.map((value, j) => value + sign * (b[i]?.[j] ?? NaN)));
const diagonal = (values: readonly number[]): number[][] =>
  values.map((value, i) => values.map((_, j) => (i === j ? value ** 2 : 0)));

/** The inverse, by Gauss and Jordan. */
function inverse(matrix: Matrix): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = rows[i]?.[i] ?? NaN;
    rows[i] = (rows[i] ?? []).map((value) => value / pivot);
    for (let k = 0; k < n; k++) {
      const factor = rows[k]?.[i] ?? 0;
      if (k !== i) rows[k] = (rows[k] ?? []).map((value, j) => value - factor * (rows[i]?.[j] ?? NaN));
    }
  }
  return rows.map((row) => row.slice(n));
}

interface State {
  readonly mean: Matrix;
  readonly covariance: Matrix;
}
const F: Matrix = Array.from({ length: 8 }, (_, i) =>
  Array.from({ length: 8 }, (_, j) => (i === j || j === i + 4 ? 1 : 0)),
);
const H: Matrix = Array.from({ length: 4 }, (_, i) => Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0)));
const measured = ({ x, y, width, height }: Rectangle) => [
  [x + width / 2],
  [y + height / 2],
  [width / height],
  [height],
];

function begun(box: Rectangle): State {
  const [at, speed] = [box.height / 20, box.height / 160];
  const sd = [2 * at, 2 * at, 1e-2, 2 * at, 10 * speed, 10 * speed, 1e-5, 10 * speed];
  return { mean: [...measured(box), [0], [0], [0], [0]], covariance: diagonal(sd) };
}

function predicted({ mean, covariance }: State): State {
  const [at, speed] = [(mean[3]?.[0] ?? 0) / 20, (mean[3]?.[0] ?? 0) / 160];
  const noise = diagonal([at, at, 1e-2, at, speed, speed, 1e-5, speed]);
  return { mean: times(F, mean), covariance: plus(times(times(F, covariance), turned(F)), noise) };
}

function corrected({ mean, covariance }: State, box: Rectangle): State {
  const at = (mean[3]?.[0] ?? 0) / 20;
  const projected = plus(times(times(H, covariance), turned(H)), diagonal([at, at, 1e-1, at]));
  const gain = times(times(covariance, turned(H)), inverse(projected));
  return {
    mean: plus(mean, times(gain, plus(measured(box), times(H, mean), -1))),
    covariance: plus(covariance, times(times(gain, projected), turned(gain)), -1),
  };
}

/** The filter of four parts as one of eight numbers. */
function asMatrices(filter: BoxFilter): State {
  const parts = [filter.x, filter.y, filter.aspect, filter.height];
  const covariance = Array.from({ length: 8 }, (_, i) =>
    Array.from({ length: 8 }, (_, j) => {
      const part = parts[i % 4];
      if (!part || i % 4 !== j % 4) return 0;
      if (i !== j) return part.cov;
      return i < 4 ? part.varAt : part.varSpeed;
    }),
  );
  return { mean: [...parts.map(({ at }) => [at]), ...parts.map(({ speed }) => [speed])], covariance };
}

function expectClose(got: State, wanted: State): void {
  const difference = plus([...got.mean, ...got.covariance], [...wanted.mean, ...wanted.covariance], -1).flat();
  expect(Math.max(...difference.map(Math.abs))).toBeLessThan(1e-6);
}

describe('the filter of a box', () => {
  it(`is that of whole matrices (FUZZ_SEED=${seed})`, () => {
    const random = randomFrom(seed);
    for (let round = 0; round < 20; round++) {
      let box: Rectangle = {
        x: 500 * random(),
        y: 300 * random(),
        width: 20 + 80 * random(),
        height: 40 + 160 * random(),
      };
      let [filter, state] = [beginFilter(box), begun(box)];
      expectClose(asMatrices(filter), state);
      for (let frame = 0; frame < 20; frame++) {
        [filter, state] = [predictFilter(filter, 1, false), predicted(state)];
        expectClose(asMatrices(filter), state);
        if (random() < 0.3) continue;
        box = {
          ...box,
          x: box.x + 8 * random(),
          y: box.y - 3 * random(),
          height: box.height * (0.98 + 0.05 * random()),
        };
        [filter, state] = [correctFilter(filter, box), corrected(state, box)];
        expectClose(asMatrices(filter), state);
      }
    }
  });

  it('by hand: the first frames of a box of 100 × 200', () => {
    const box = { x: 0, y: 0, width: 100, height: 200 };
    const filter = beginFilter(box);
    expect(filter.x).toEqual({ at: 50, speed: 0, varAt: 400, varSpeed: 156.25, cov: 0 });
    expect(filter.aspect).toEqual({ at: 0.5, speed: 0, varAt: 1e-2 ** 2, varSpeed: 1e-5 ** 2, cov: 0 });
    const next = predictFilter(filter, 1, false);
    expect(next.x).toEqual({ at: 50, speed: 0, varAt: 656.25, varSpeed: 157.8125, cov: 156.25 });
    // 10 px to the right; the gain is 656.25 / 756.25.
    const moved = correctFilter(next, { ...box, x: 10 });
    expect(moved.x.at).toBeCloseTo(50 + (10 * 656.25) / 756.25, 12);
    expect(moved.x.speed).toBeCloseTo((10 * 156.25) / 756.25, 12);
    expect(boxOf(beginFilter(box))).toEqual(box);
  });

  it('keeps the height of a lost track', () => {
    const box = { x: 0, y: 0, width: 100, height: 200 };
    const growing = correctFilter(predictFilter(beginFilter(box), 1, false), { ...box, height: 220 });
    expect(growing.height.speed).toBeGreaterThan(0);
    expect(predictFilter(growing, 5, true).height.at).toBe(growing.height.at);
    expect(predictFilter(growing, 5, false).height.at).toBeGreaterThan(growing.height.at);
  });

  it.each([0, 1e-12, 1e-300])('stays a number for a height of %d', (height) => {
    let filter = beginFilter({ x: 0, y: 0, width: 1, height: Math.max(height, Number.MIN_VALUE) });
    for (let i = 0; i < 3; i++) {
      filter = correctFilter(predictFilter(filter, 1, false), { x: 0, y: 0, width: 1, height: 1 });
    }
    expect([filter.x, filter.y, filter.height].flatMap((part) => Object.values(part)).every(Number.isFinite)).toBe(
      true,
    );
  });
});

describe('a prediction', () => {
  const motion = { ...beginMotion(5, 3, 0.7), speed: 1.5, cov: 0.4 };
  const over = (from: typeof motion, ...times: number[]) =>
    times.reduce((last, n) => predictMotion(last, n, 0.9, 0.11), from);

  it.each<[string, number[], number[]]>([
    ['three frames are three times one', [3], [1, 1, 1]],
    ['one frame is twice half of it', [1], [0.5, 0.5]],
    ['a gap may have any length', [7.3], [0.4, 2.9, 4]],
    ['no time changes nothing', [0, 2, 0], [2]],
  ])('%s', (_, some, others) => {
    const [a, b] = [over(motion, ...some), over(motion, ...others)];
    for (const name of ['at', 'speed', 'varAt', 'varSpeed', 'cov'] as const) expect(a[name]).toBeCloseTo(b[name], 10);
  });

  it('leaves a covariance that is one, however short the time is', () => {
    for (const n of [1e-6, 0.01, 0.5, 1, 40, 1e5]) {
      const { varAt, varSpeed, cov } = predictMotion({ ...motion, varAt: 0, varSpeed: 0, cov: 0 }, n, 0.9, 0.1125);
      expect(varAt).toBeGreaterThan(0);
      expect(varAt * varSpeed - cov ** 2).toBeGreaterThan(0);
    }
  });

  it('is corrected towards what was measured, the more the less that is certain', () => {
    expect(correctMotion(motion, 9, 1e9).at).toBeCloseTo(5, 6);
    expect(correctMotion(motion, 9, 1e-9).at).toBeCloseTo(9, 6);
    expect(correctMotion(motion, 9, 1).varAt).toBeLessThan(motion.varAt);
  });
});
