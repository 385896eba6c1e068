import * as tf from '@tensorflow/tfjs-core';
import { batchNorm, conv2d, foldBatchNorm, graph, pipeline, useEngine, type NamedTensors } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import { leakFree } from '../support/balance.ts';

beforeAll(() => useEngine('cpu'));

const norm = (seed: number) => {
  const vector = (offset: number) => Float32Array.from({ length: 2 }, (_, i) => offset + 0.1 * (seed + i));
  const weights = { gamma: vector(1), beta: vector(0), mean: vector(0.2), variance: vector(0.5) };
  return batchNorm({ weights });
};
const conv = (seed: number) => conv2d({ filters: 2, kernelSize: 3, seed });

it.each([
  ['an output that is a normalization', { a: 'n1', b: 'n2' }, 2],
  ['an output that is a layer before one', { a: 'c2', b: 'n2' }, 3],
])('of a graph with several outputs: %s', async (_what, output, nodes) => {
  const net = pipeline(
    { inputShape: [1, 8, 8, 1] },
    graph({
      input: 'in',
      nodes: {
        c1: { from: 'in', stage: conv(1) },
        n1: { from: 'c1', stage: norm(1) },
        c2: { from: 'n1', stage: conv(2) },
        n2: { from: 'c2', stage: norm(3) },
      },
      output,
    }),
  );
  const folded = foldBatchNorm(net as never) as typeof net;
  expect(Object.keys(folded.parts[0]?.stage.spec['nodes'] ?? {})).toHaveLength(nodes);
  await leakFree(() => {
    const x = tf.randomUniform<tf.Rank.R4>([1, 8, 8, 1], -1, 1, 'float32', 1);
    const [expected, actual] = [net, folded].map((one) => {
      const kernel = one.build([1, 8, 8, 1]);
      const y = kernel.run(x) as unknown as NamedTensors;
      const values = Object.entries(y.tensors).map(([name, tensor]) => [name, Array.from(tensor.dataSync())] as const);
      y.dispose();
      kernel.dispose();
      return values;
    });
    x.dispose();
    expect(actual?.map(([name]) => name)).toEqual(['a', 'b']);
    actual?.forEach(([, values], o) =>
      values.forEach((value, i) => expect(value).toBeCloseTo(expected?.[o]?.[1][i] ?? NaN, 5)),
    );
  });
});
