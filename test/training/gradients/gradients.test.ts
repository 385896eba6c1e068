import { currentEngine, useEngine, type AnyStage } from 'sluice';
import { beforeAll, describe, expect, test } from 'vitest';
import { CASES } from '../../conformance/cases.ts';
import { randomGrid } from '../../conformance/grids.ts';
import { ENGINES } from '../../support/compute.ts';
import { expectDifferences, gradientsOf, valuesOf } from '../../support/gradients.ts';

// The gradients of all stages of the conformance table, held against central differences. test/browser/gradients.test.ts holds those on GPUs
// against these.

/** Functions that are flat, with steps, where differences say nothing. */
const FLAT = ['ceil', 'floor', 'round', 'sign'];

const isFlat = ({ spec }: AnyStage) => spec.op === 'fakeQuantize' || FLAT.includes(String(spec['activation']));
const factors = (shape: readonly number[]) => randomGrid(shape, 77);

describe.each(ENGINES)('gradients on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test('is the engine that runs', () => {
    expect(currentEngine()?.name).toBe(engine);
  });

  test.each(CASES.map((one) => [`${one.op}: ${one.name}`, one] as const))('%s', async (_name, one) => {
    const values = valuesOf(one.stage, one.input, one.weights);
    const gradients = await gradientsOf(one.stage, values, factors);
    if (isFlat(one.stage)) expect(gradients['input']?.data.every((value) => value === 0)).toBe(true);
    else await expectDifferences(one.stage, values, gradients, factors);
  });
});
