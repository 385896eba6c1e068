import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, tap } from 'rxjs';
import { conv2d, dense, fit, flatten, maxPool, modelFrom, pipeline, softmax, useEngine } from 'sluice';
import { beforeAll, describe, expect, test } from 'vitest';
import { CASES } from '../conformance/cases.ts';
import { randomGrid } from '../conformance/grids.ts';
import { gradientsOf, valuesOf, type Values } from '../support/gradients.ts';
import { expectClose } from '../support/compute.ts';
import { patterns, pictureExamples, SIDE } from '../support/patterns.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

// In Node, the gradients on wasm are held against differences: test/training/gradients. Here those on GPUs are held against wasm.

const ENGINES = ['webgl', 'webgpu'] as const;
const factors = (shape: readonly number[]) => randomGrid(shape, 77);
const onWasm = new Map<string, Values>();

/** Shaders are compiled for each case: of each stage, only one, from the middle of the table, where padding and strides are mixed. */
const ops = [...new Set(CASES.map(({ op }) => op))];
const SOME = ops.flatMap((op) => {
  const cases = CASES.filter((one) => one.op === op);
  return cases.slice(Math.floor(cases.length / 2)).slice(0, 1);
});

beforeAll(async () => {
  await Promise.all([import('@tensorflow/tfjs-backend-webgl'), import('@tensorflow/tfjs-backend-webgpu')]);
  // tfjs computes what is small on the processor: here it is to compute nothing there.
  for (const engine of ENGINES) tf.env().set(`${engine.toUpperCase()}_CPU_FORWARD`, false);
  await useEngine('wasm', { wasmPaths: WASM_PATHS });
  for (const { op, name, stage, input, weights } of SOME) {
    onWasm.set(`${op}: ${name}`, await gradientsOf(stage, valuesOf(stage, input, weights), factors));
  }
});

describe.each(ENGINES)('gradients on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  test.each(SOME.map((one) => [`${one.op}: ${one.name}`, one] as const))('%s', async (name, one) => {
    const gradients = await gradientsOf(one.stage, valuesOf(one.stage, one.input, one.weights), factors);
    const expected = onWasm.get(name) ?? {};
    expect(Object.keys(gradients)).toEqual(Object.keys(expected));
    for (const [weight, gradient] of Object.entries(gradients)) {
      const wanted = expected[weight];
      if (wanted) expectClose(gradient, wanted, 2e-4);
    }
  });
});

describe.each(ENGINES)('fit on %s', (engine) => {
  test('learns, step by step, and leaves no tensor', async () => {
    await useEngine(engine);
    const net = pipeline(
      { inputShape: [1, SIDE, SIDE, 1] },
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu', seed: 1 }),
      maxPool({ poolSize: 2 }),
      flatten(),
      dense({ units: 3, seed: 2 }),
      softmax(),
    );
    const model = await modelFrom(net, { width: SIDE, height: SIDE, channels: 1, range: [-1, 1] });
    const before = tf.memory().numTensors;
    const steps: number[] = [];
    const progress = fit(model, pictureExamples(patterns(48)), { batchSize: 8, learningRate: 0.02, epochs: 4 });
    const end = await lastValueFrom(progress.pipe(tap(({ kind, step }) => void (kind === 'step' && steps.push(step)))));
    expect(steps).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(end.accuracy).toBeGreaterThan(0.8);
    expect(tf.memory().numTensors).toBe(before);
  });
});
