import * as tf from '@tensorflow/tfjs-core';
import { onnxModel, useEngine, type Pipeline } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import { foreign } from '../models/onnx/foreign.ts';
import { RandomGraph } from '../models/onnx/random-graph.ts';
import { computed, randomGrid } from '../support/compute.ts';
import { randomFrom } from '../support/random.ts';

// What Node compares with ONNX Runtime (test/models/onnx/random-graphs.test.ts): in the browser, the engines with each other.

beforeAll(async () => {
  await import('@tensorflow/tfjs-backend-webgl');
  tf.env().set('WEBGL_CPU_FORWARD', false);
});

it.each([11, 12, 13, 14, 15, 16, 17, 18])(
  'the random graph %d is on webgl as on cpu',
  { timeout: 60_000 },
  async (seed) => {
    const drawn = new RandomGraph(randomFrom(seed), 8);
    const net = (await onnxModel([new File([foreign(drawn.finish())], 'random.onnx')])) as unknown as Pipeline<
      never,
      tf.Tensor
    >;
    const x = randomGrid(net.inputShape ?? [], seed);
    await useEngine('cpu');
    const expected = await computed(net, x);
    await useEngine('webgl');
    const actual = await computed(net, x);
    expect(actual.shape).toEqual(expected.shape);
    const largest = Math.max(1, ...expected.data.map(Math.abs));
    const error = expected.data.reduce(
      (most, value, i) => Math.max(most, Math.abs((actual.data[i] ?? NaN) - value)),
      0,
    );
    expect(error / largest).toBeLessThan(1e-3);
  },
);
