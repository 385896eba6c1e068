import { activation, useEngine } from 'sluice';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, expectClose } from '../../support/compute.ts';
import { gradientsOf, valuesOf } from '../../support/gradients.ts';

// New networks compute many zeros, for which a function that is smooth must not be taken for one with a kink.
describe.each(ENGINES)('at 0, on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  // The derivatives: σ(0), tanh(ln 2), Φ(0), σ(0), 1 / (1 + 0)², 1 − tanh² 0.
  test.each([
    ['softplus', 0.5],
    ['mish', 0.6],
    ['gelu', 0.5],
    ['swish', 0.5],
    ['softsign', 1],
    ['tanh', 1],
    ['sigmoid', 0.25],
    ['exponential', 1],
    ['hardSwish', 0.5],
  ] as const)('%s', async (kind, slope) => {
    const stage = activation(kind);
    const values = valuesOf(stage, { shape: [1, 2], data: [0, 0] });
    const { input } = await gradientsOf(stage, values, (shape) => ({ shape, data: [1, 1] }));
    expect(input).toBeDefined();
    if (input) expectClose(input, { shape: [1, 2], data: [slope, slope] }, 1e-6);
  });
});
