import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { OptionError, useEngine, WeightsError } from 'sluice';
import { OPERATORS } from '../../../src/models/onnx/convert/operators.ts';
import { readOnnxFile } from '../../../src/models/onnx/onnx-file.ts';
import { expectClose } from '../../support/compute.ts';
import { BACKEND_CASES, backendCases, runBackendCase } from './backend-cases.ts';

// ONNX's own cases for its operators. Where they are not installed (Debian: apt install libonnx-testdata), the test says so.

const cases = backendCases();

/** Here sluice follows ONNX Runtime, which takes the size that comes out, and not the scale times the size that goes in. */
const AS_ONNX_RUNTIME: readonly string[] = [
  'test_resize_downsample_scales_cubic_align_corners',
  'test_resize_downsample_scales_linear_align_corners',
];

function operatorsOf(name: string): string[] {
  const file = path.join(BACKEND_CASES, name, 'model.onnx');
  try {
    return readOnnxFile(name, readFileSync(file)).nodes.map(({ op }) => op);
  } catch {
    return [''];
  }
}

describe.skipIf(cases.length === 0)(
  `the cases in ${BACKEND_CASES}${cases.length === 0 ? ', which is not there' : ''}`,
  () => {
    beforeAll(() => useEngine('cpu'));
    const passed: string[] = [];

    // Values have single precision everywhere, also where a model makes them shorter.
    const shorter = (name: string) => /cast.*FLOAT16/.test(name);

    test.each(cases.filter((name) => !shorter(name)))('%s: right, or refused', (name) => {
      if (AS_ONNX_RUNTIME.includes(name)) return;
      let refused: unknown;
      for (const whole of [false, true]) {
        try {
          for (const { actual, expected } of runBackendCase(name, whole)) expectClose(actual, expected, 1e-4);
          passed.push(name);
          return;
        } catch (error) {
          if (!(error instanceof WeightsError) && !(error instanceof OptionError)) refused ??= error;
        }
      }
      // A case whose first dimension is no batch gives other numbers when it is taken for one.
      if (refused !== undefined) throw refused as Error;
    });

    test('most cases of the operators that sluice knows pass', () => {
      const known = cases.filter((name) => operatorsOf(name).every((op) => OPERATORS.has(op)));
      const right = known.filter((name) => passed.includes(name));
      console.log(
        `${passed.length} of ${cases.length} cases of ONNX pass, and ${right.length} of the ${known.length} whose operators ` +
          'are all known; the others are refused',
      );
      // docs/models.md has these numbers.
      expect([passed.length, right.length, known.length]).toEqual([391, 355, 456]);
      expect(OPERATORS.size).toBeGreaterThan(80);
    });
  },
);
