import { currentEngine, useEngine, type EngineName, type EngineOptions } from 'sluice';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { computed, expectClose, piped } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';
import { CASES } from './cases.ts';

/** The largest error seen, by stage: absolute below 1, relative above. */
export type Errors = Record<string, number>;

/**
 * Runs the table of cases on an engine, in Node or in a browser. `tolerance` is for cases that have none of their own;
 * `done` gets the largest errors seen.
 */
export function runCases(
  engine: EngineName,
  tolerance: number,
  done: (errors: Errors) => void,
  options: EngineOptions = {},
): void {
  describe(`on ${engine}`, () => {
    const errors: Errors = {};
    beforeAll(async () => {
      await useEngine(engine, options);
    });
    afterAll(() => done(errors));

    test('is the engine that runs', () => {
      expect(currentEngine()?.name).toBe(engine);
    });

    const cases = CASES.filter(({ onnx = false }) => !onnx || engine === 'onnxruntime');
    test.each(cases.map((one) => [`${one.op}: ${one.name}`, one] as const))('%s', async (_name, one) => {
      const actual =
        engine === 'onnxruntime'
          ? await piped(one.stage, one.input, one.weights)
          : await computed(one.stage as never, one.input, one.weights);
      errors[one.op] = Math.max(errors[one.op] ?? 0, largestError(actual, one.expected));
      expectClose(actual, one.expected, Math.max(tolerance, one.tolerance ?? 0));
      expect(one.stage.outputShape(one.input.shape)).toEqual(one.expected.shape);
    });
  });
}

function largestError(actual: Grid, expected: Grid): number {
  return actual.data.reduce((most, value, i) => {
    const wanted = expected.data[i] ?? NaN;
    return Math.max(most, Math.abs(value - wanted) / Math.max(1, Math.abs(wanted)));
  }, 0);
}
