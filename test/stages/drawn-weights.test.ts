import { beforeAll, describe, expect, test } from 'vitest';
import { activation, batchNorm, separableConv2d, useEngine } from 'sluice';
import { compute, expectClose, randomGrid } from '../support/compute.ts';

describe('weights drawn from a seed', () => {
  beforeAll(() => useEngine('cpu'));
  const x = randomGrid([2, 3, 3, 4]);

  test('batchNorm is a fresh layer: the identity but for epsilon', () => {
    expectClose(compute(batchNorm({ seed: 1, epsilon: 0 }), x), x);
    const weights = batchNorm({ seed: 1 }).weights(x.shape);
    expect(Object.entries(weights).map(([name, { data }]) => [name, [...data]])).toEqual([
      ['gamma', [1, 1, 1, 1]],
      ['beta', [0, 0, 0, 0]],
      ['mean', [0, 0, 0, 0]],
      ['variance', [1, 1, 1, 1]],
    ]);
  });
  test('prelu’s slopes are a quarter', () => {
    expect([...(activation('prelu', { seed: 3 }).weights(x.shape)['alpha']?.data ?? [])]).toEqual([
      0.25, 0.25, 0.25, 0.25,
    ]);
  });
  test('separableConv2d: each kernel by its own fan-in', () => {
    const { depthwiseKernel, pointwiseKernel, bias } = separableConv2d({
      filters: 300,
      kernelSize: 5,
      seed: 1,
    }).weights([1, 8, 8, 400]);
    const variance = (data: Float32Array = new Float32Array()) => data.reduce((sum, v) => sum + v * v, 0) / data.length;
    // Standard errors √(2 / n): 1.4 % of 10,000 draws, 0.4 % of 120,000; five of each.
    expect(variance(depthwiseKernel?.data) / (2 / 25)).toBeCloseTo(1, 1);
    expect(Math.abs(variance(depthwiseKernel?.data) / (2 / 25) - 1)).toBeLessThan(0.07);
    expect(Math.abs(variance(pointwiseKernel?.data) / (2 / 400) - 1)).toBeLessThan(0.02);
    expect(bias?.data.every((v) => v === 0)).toBe(true);
  });
  test('given ones win, and without a seed or weights there is an error', () => {
    const gamma = Float32Array.of(2, 2, 2, 2);
    expect(batchNorm({ seed: 1, weights: { gamma } }).weights(x.shape)['gamma']?.data).toBe(gamma);
    expect(() => batchNorm().weights(x.shape)).toThrow('batchNorm has no gamma [4]');
    expect(() => batchNorm({ scale: false }).build(x.shape, { gamma })).toThrow('batchNorm has no weight gamma');
  });
});
