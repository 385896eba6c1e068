import { beforeAll, describe, expect, test } from 'vitest';
import {
  avgPool,
  conv2d,
  conv2dTranspose,
  dense,
  flatten,
  l2Pool,
  maxPool,
  pipeline,
  softmax,
  useEngine,
  type AnyStage,
} from 'sluice';
import { compute, ENGINES, expectClose } from '../support/compute.ts';
import { grid, randomGrid } from './grids.ts';

const shapeOf = (stage: AnyStage, ...input: number[]) => stage.outputShape(input);

describe('sizes that textbooks give', () => {
  const conv = (filters: number, kernelSize: number, more = {}) => conv2d({ filters, kernelSize, ...more }) as AnyStage;

  test('a 6×6 image and a 3×3 filter give 4×4; with stride 3, 2×2', () => {
    expect(shapeOf(conv(1, 3), 1, 6, 6, 1)).toEqual([1, 4, 4, 1]);
    expect(shapeOf(conv(1, 3, { strides: 3 }), 1, 6, 6, 1)).toEqual([1, 2, 2, 1]);
  });
  test('32×32×3 with one 5×5×3 filter gives 28×28×1, with four 28×28×4', () => {
    expect(shapeOf(conv(1, 5), 1, 32, 32, 3)).toEqual([1, 28, 28, 1]);
    expect(shapeOf(conv(4, 5), 1, 32, 32, 3)).toEqual([1, 28, 28, 4]);
    expect(conv(4, 5).weightShapes([1, 32, 32, 3])).toEqual({ kernel: [5, 5, 3, 4], bias: [4] });
  });
  test('padding 2, a 4×4 input and a 2×2 kernel give 7×7; the depth is the number of filters, not of channels', () => {
    for (const channels of [1, 3, 7])
      expect(shapeOf(conv(5, 2, { padding: 2 }), 1, 4, 4, channels)).toEqual([1, 7, 7, 5]);
  });
  test('dilation widens the view without more weights: 3 taps 2 apart see 5 pixels', () => {
    expect(shapeOf(conv(1, 3, { dilationRate: 2 }), 1, 6, 6, 1)).toEqual([1, 2, 2, 1]);
    expect(shapeOf(conv(1, 5), 1, 6, 6, 1)).toEqual([1, 2, 2, 1]);
    expect(conv(1, 3, { dilationRate: 2 }).parameterCount([1, 6, 6, 1])).toBe(10);
    expect(conv(1, 5).parameterCount([1, 6, 6, 1])).toBe(26);
  });
  test('the transposed convolution restores the size a convolution took, the rows it dropped given as outputPadding', () => {
    for (const [size, kernelSize, strides, padding] of [
      [6, 3, 1, 0],
      [7, 3, 2, 1],
      [8, 3, 2, 1],
      [11, 4, 3, 2],
      [224, 7, 2, 3],
    ] as const) {
      const [, height = 0] = shapeOf(conv(1, kernelSize, { strides, padding }), 1, size, size, 1);
      const outputPadding = (size + 2 * padding - kernelSize) % strides;
      const back = conv2dTranspose({ filters: 1, kernelSize, strides, padding, outputPadding });
      expect(back.outputShape([1, height, height, 1])).toEqual([1, size, size, 1]);
    }
  });
  test('a 200×200×1 picture is 40,000 values, and 1,000 outputs of it need 40,000,000 weights', () => {
    expect(flatten().outputShape([1, 200, 200, 1])).toEqual([1, 40_000]);
    expect(dense({ units: 1000, useBias: false }).parameterCount([1, 40_000])).toBe(40_000_000);
    // Which is why they come last: behind two poolings of 5 there is 1/25² of it.
    const late = pipeline(
      maxPool({ poolSize: 5 }),
      maxPool({ poolSize: 5 }),
      flatten(),
      dense({ units: 1000, useBias: false }),
    );
    expect(late.parameterCount([1, 200, 200, 1])).toBe(64_000);
  });
});

describe.each(ENGINES)('numbers that textbooks give, on %s', (engine) => {
  beforeAll(() => useEngine(engine));
  const map = grid([1, 5, 5, 1], 1, 3, 2, 1, 0, 4, 8, 6, 7, 2, 3, 1, 5, 0, 4, 8, 2, 1, 9, 3, 0, 7, 4, 6, 5);
  const windows = { poolSize: 3, strides: 2 };

  test('a 3×3 max pool with stride 2 on a 5×5 map: [8, 7; 8, 9]', () => {
    expect(compute(maxPool(windows), map)).toEqual(grid([1, 2, 2, 1], 8, 7, 8, 9));
  });
  test('the same map averaged, and its L2 pool', () => {
    // Sums 33, 27, 31, 37 of nine; sums of squares 165, 135, 169, 209.
    expectClose(compute(avgPool(windows), map), grid([1, 2, 2, 1], 33 / 9, 27 / 9, 31 / 9, 37 / 9));
    expectClose(compute(l2Pool(windows), map), grid([1, 2, 2, 1], ...[165, 135, 169, 209].map(Math.sqrt)));
    expectClose(
      compute(l2Pool({ ...windows, mean: true }), map),
      grid([1, 2, 2, 1], ...[165, 135, 169, 209].map((sum) => Math.sqrt(sum / 9))),
    );
  });
  test('the softmax of six scores', () => {
    const { data } = compute(softmax(), grid([1, 6], 0.87, 3.2, 0.31, 7.2, 1.2, 0.4));
    expect(data.map((value) => Number(value.toPrecision(2)))).toEqual([1.7e-3, 1.8e-2, 9.9e-4, 0.98, 2.4e-3, 1.1e-3]);
  });
  test('y = Wx + b', () => {
    const layer = dense({
      units: 2,
      weights: {
        kernel: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        bias: [10, 20],
      },
    });
    expect(compute(layer, grid([1, 3], 1, 1, 1))).toEqual(grid([1, 2], 19, 32));
  });
  test('a filter for an edge answers at the edge and nowhere else', () => {
    // Dark left, bright right; the kernel −1 0 1 in three rows sees 3 · (bright − dark).
    const x = grid([1, 3, 6, 1], ...[0, 0, 0, 1, 1, 1], ...[0, 0, 0, 1, 1, 1], ...[0, 0, 0, 1, 1, 1]);
    const row = [[[-1]], [[0]], [[1]]];
    const edge = conv2d({ filters: 1, kernelSize: 3, useBias: false, weights: { kernel: [row, row, row] } });
    expect(compute(edge, x).data).toEqual([0, 3, 3, 0]);
  });
  test('sizes come out as they are said', () => {
    const up = conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 1, outputPadding: 1, seed: 1 });
    expect(compute(up, randomGrid([1, 4, 4, 3])).shape).toEqual([1, 8, 8, 2]);
  });
});
