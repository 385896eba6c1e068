import { expect, test } from 'vitest';
import { ENGINES, TOLERANCE } from '../support/compute.ts';
import { CASES } from './cases.ts';
import { runCases } from './run-cases.ts';

// The same cases run in Chromium on webgl and webgpu: test/browser/conformance.test.ts.

for (const engine of [...ENGINES, 'onnxruntime'] as const) {
  runCases(engine, TOLERANCE, (errors) => {
    if (process.env['CONFORMANCE'] === 'print') console.log('CONFORMANCE', JSON.stringify({ engine, errors }));
  });
}

test('no two cases are one', () => {
  const names = CASES.map(({ op, name }) => `${op}: ${name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
