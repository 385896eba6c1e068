import { describe, expect, test } from 'vitest';
import { onnxModel, useEngine, WeightsError, type Pipeline } from 'sluice';
import type { Tensor } from '@tensorflow/tfjs-core';
import { foreign } from './foreign.ts';
import { compute, ENGINES, piped, randomGrid } from '../../support/compute.ts';
import { randomFrom, seed } from '../../support/random.ts';
import { byRuntime, planar } from './by-runtime.ts';
import { RandomGraph } from './random-graph.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] || 300);

describe.each([...ENGINES, 'onnxruntime'] as const)('random graphs on %s', (engine) => {
  // Each needs a session of its own, besides the one that it is compared with.
  const runs = engine === 'onnxruntime' ? Math.ceil(RUNS / 5) : RUNS;
  test(`${runs} of them are as ONNX Runtime computes them (seed ${seed})`, { timeout: 300_000 }, async () => {
    await useEngine(engine);
    let compared = 0;
    for (let run = 0; run < runs; run++) {
      const random = randomFrom(seed + 7919 * run);
      const drawn = new RandomGraph(random, 3 + Math.floor(random() * 10));
      const graph = drawn.finish();
      const model = foreign(graph);
      const told = () =>
        `run ${run} of seed ${seed}: ${graph.nodes.map(({ op, attributes }) => op + JSON.stringify(attributes)).join(' ')}`;
      const [, channels = 1, height = 1, width = 1] = drawn.input.shape;
      const x = randomGrid([1, height, width, channels], run + 1);
      // What ONNX infers of a pool with ceil_mode is not always what ONNX Runtime computes.
      const expected = await byRuntime(model, planar(x)).catch((error: unknown) => String(error));
      if (typeof expected === 'string') {
        expect(expected, told()).toContain('ShapeInferenceError');
        continue;
      }
      let net: Pipeline<never, Tensor>;
      try {
        net = await onnxModel([new File([model], 'random.onnx')]);
      } catch (error) {
        expect.fail(`${told()}\n${error instanceof WeightsError ? error.message : (error as Error).stack}`);
      }
      const actual = engine === 'onnxruntime' ? await piped(net, x) : compute(net, x);
      const wanted = expected.shape.length === 4 && expected.shape[0] === 1 ? interleaved(expected) : expected;
      const sizes = (shape: readonly number[]) => shape.filter((size) => size !== 1);
      expect(sizes(actual.shape), told()).toEqual(sizes(wanted.shape));
      const largest = Math.max(1, ...wanted.data.map(Math.abs));
      wanted.data.forEach((value, i) => {
        const difference = Math.abs((actual.data[i] ?? NaN) - value);
        if (!(difference <= 1e-4 * largest) && Number.isFinite(value)) {
          expect.fail(`value ${i} is ${actual.data[i]}, not ${value}: ${told()}`);
        }
      });
      compared++;
    }
    expect(compared).toBeGreaterThan(0.95 * runs);
  });
});

function interleaved({ shape, data }: { shape: readonly number[]; data: readonly number[] }) {
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const turned = data.map((_, i) => data[(i % channels) * height * width + Math.floor(i / channels)] ?? NaN);
  return { shape: [batch, height, width, channels], data: turned };
}
