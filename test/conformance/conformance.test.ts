import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useEngine } from 'sluice';
import { compute, ENGINES, expectClose, TOLERANCE } from '../compute.ts';
import type { Grid } from '../reference.ts';
import { CASES } from './cases.ts';

/** Largest error seen by stage and engine, absolute below 1, relative above. `CONFORMANCE=print` shows them, for the README. */
const errors = new Map<string, Record<string, number>>();

function record(op: string, engine: string, actual: Grid, expected: Grid): void {
  const wrong = actual.data.map(
    (value, i) => Math.abs(value - (expected.data[i] ?? NaN)) / Math.max(1, Math.abs(expected.data[i] ?? NaN)),
  );
  const seen = errors.get(op) ?? {};
  seen[engine] = Math.max(seen[engine] ?? 0, ...wrong);
  errors.set(op, seen);
}

afterAll(() => {
  if (process.env['CONFORMANCE'] === 'print') console.table(Object.fromEntries(errors));
});

describe.each(ENGINES)('on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test.each(CASES.map((one) => [`${one.op}: ${one.name}`, one] as const))('%s', (_name, one) => {
    const actual = compute(one.stage as never, one.input, one.weights);
    record(one.op, engine, actual, one.expected);
    expectClose(actual, one.expected, one.tolerance ?? TOLERANCE);
    expect(one.stage.outputShape(one.input.shape)).toEqual(one.expected.shape);
  });
});

test('no two cases are one', () => {
  const names = CASES.map(({ op, name }) => `${op}: ${name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
