import * as ort from 'onnxruntime-node';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tensor } from '@tensorflow/tfjs-core';
import { onnxModel, releaseModels, useEngine, type Stage } from 'sluice';
import { compute, ENGINES, piped, randomGrid } from '../../support/compute.ts';
import type { Grid } from '../../support/reference.ts';
import { filled, type Filled } from './filled.ts';

// Nine classic topologies with random weights, against ONNX Runtime. SLUICE_ONNX_LIGHT names the folder with the files of
// onnx/onnx, onnx/backend/test/data/light; without it the test is skipped.

const folder = process.env['SLUICE_ONNX_LIGHT'] ?? '';
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.onnx')) : [];
describe.skipIf(files.length === 0)(
  `the light models, ${files.length || 'as SLUICE_ONNX_LIGHT names no folder with them'}`,
  () => {
    afterAll(() => releaseModels());

    describe.each(files)('%s', (file) => {
      const x = randomGrid([1, 224, 224, 3]);
      let made: Filled;
      let net: Stage<never, Tensor>;
      let expected: Grid;
      beforeAll(async () => {
        // The scores must not all be 0 but one: then the last matrix has to be smaller.
        for (let matrices = 1; matrices > 1e-30 && !(Math.max(...(expected?.data ?? [1])) < 0.9); matrices /= 100) {
          made = filled(file, readFileSync(path.join(folder, file)), matrices);
          expected = await byRuntime(made, x);
          if (made.weights.size === 0 || expected.shape.length === 4) break;
        }
        const parts = [...made.weights].map(([name, values]) => new File([values as Float32Array<ArrayBuffer>], name));
        net = await onnxModel([new File([made.model as Uint8Array<ArrayBuffer>], file), ...parts]);
      }, 120_000);

      // The plain loops of the cpu engine take minutes for the larger ones.
      test.each([...ENGINES, 'onnxruntime' as const])('on %s', { timeout: 900_000 }, async (engine) => {
        await useEngine(engine);
        const actual = engine === 'onnxruntime' ? await piped(net, x) : compute(net, x);
        // Not all of one class, and not all alike: else the scores would say little.
        expect(new Set(expected.data).size).toBeGreaterThan(500);
        const largest = Math.max(...expected.data.map(Math.abs));
        const error = actual.data.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] ?? NaN))),
          0,
        );
        expect(actual.data.length).toBe(expected.data.length);
        expect(error / largest).toBeLessThan(1e-4);
      });

      test('its stages have the names of its nodes', () => {
        expect(net.parts.length).toBeGreaterThan(15);
        expect(net.parts.map(({ stage }) => stage.spec.op)).toContain('conv2d');
      });
    });
  },
);

async function byRuntime({ model, weights }: Filled, x: Grid): Promise<Grid> {
  const externalData = [...weights].map(([name, values]) => ({ path: name, data: new Uint8Array(values.buffer) }));
  const session = await ort.InferenceSession.create(model, { externalData, logSeverityLevel: 3 });
  const [, height = 1, width = 1, channels = 1] = x.shape;
  const planar = new Float32Array(x.data.length);
  x.data.forEach((value, i) => {
    planar[(i % channels) * height * width + Math.floor(i / channels)] = value;
  });
  const input = new ort.Tensor('float32', planar, [1, channels, height, width]);
  const { [session.outputNames[0] ?? '']: output } = await session.run({ [session.inputNames[0] ?? '']: input });
  await session.release();
  return { shape: output?.dims ?? [], data: Array.from((output?.data ?? []) as Float32Array) };
}
