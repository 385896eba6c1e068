import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  avgPool,
  batchNorm,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  fit,
  flatten,
  maxPool,
  modelFrom,
  separableConv2d,
  softmax,
  useEngine,
  type AnyStage,
  type FitOptions,
  type Model,
} from 'sluice';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES, expectClose } from '../support/compute.ts';
import { gradientsOf, valuesOf } from '../support/gradients.ts';
import { asWeight, randomGrid } from '../conformance/grids.ts';
import { pipelineOf } from '../../src/stages/pipeline.ts';
import { patterns, SIDE, tensorExamples } from '../support/patterns.ts';
import type { Grid } from '../support/reference.ts';

// tfjs-layers is the independent source here: its gradients, and the losses of its own fit, both on cpu.

const x = randomGrid([2, 7, 6, 3]);
const factors = (shape: readonly number[]) => randomGrid(shape, 77);
const named = (weights: Record<string, Grid>) =>
  Object.fromEntries(Object.entries(weights).map(([name, grid]) => [name, asWeight(grid)]));

interface LayerCase {
  readonly layer: tfl.layers.Layer;
  readonly stage: AnyStage;
  /** In the order of the layer. */
  readonly weights: Record<string, Grid>;
  readonly training?: boolean;
}

const three = randomGrid([3, 3, 3, 5], 2);
const bias = randomGrid([5], 3);
const LAYERS: Record<string, LayerCase> = {
  conv2d: {
    layer: tfl.layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
    stage: conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
    weights: { kernel: three, bias },
  },
  'conv2d, tanh': {
    layer: tfl.layers.conv2d({ filters: 5, kernelSize: 3, activation: 'tanh' }),
    stage: conv2d({ filters: 5, kernelSize: 3, activation: 'tanh' }),
    weights: { kernel: three, bias },
  },
  depthwiseConv2d: {
    layer: tfl.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'sigmoid' }),
    stage: depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'sigmoid' }),
    weights: { kernel: randomGrid([3, 3, 3, 2], 2), bias: randomGrid([6], 3) },
  },
  separableConv2d: {
    layer: tfl.layers.separableConv2d({ filters: 5, kernelSize: 3, activation: 'elu' }),
    stage: separableConv2d({ filters: 5, kernelSize: 3, activation: 'elu' }),
    weights: { depthwiseKernel: randomGrid([3, 3, 3, 1], 2), pointwiseKernel: randomGrid([1, 1, 3, 5], 4), bias },
  },
  conv2dTranspose: {
    layer: tfl.layers.conv2dTranspose({ filters: 5, kernelSize: 4, strides: 2, padding: 'same' }),
    stage: conv2dTranspose({ filters: 5, kernelSize: 4, strides: 2, padding: 'same' }),
    weights: { kernel: randomGrid([4, 4, 5, 3], 2), bias },
  },
  maxPool: {
    layer: tfl.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
    stage: maxPool({ poolSize: 3, strides: 2 }),
    weights: {},
  },
  avgPool: { layer: tfl.layers.averagePooling2d({ poolSize: 2 }), stage: avgPool({ poolSize: 2 }), weights: {} },
  'batchNorm, in training': {
    layer: tfl.layers.batchNormalization({}),
    stage: batchNorm(),
    weights: {
      gamma: randomGrid([3], 5),
      beta: randomGrid([3], 6),
      mean: { shape: [3], data: [0, 0, 0] },
      variance: { shape: [3], data: [1, 1, 1] },
    },
    training: true,
  },
};

/** The gradients of Σ r y by the input and the weights, as tfjs-layers computes them. */
function oracle({ layer, weights, training = false }: LayerCase): Record<string, Grid> {
  const result: Record<string, Grid> = {};
  tf.tidy(() => {
    const input = tf.tensor([...x.data], [...x.shape]);
    layer.build([null, ...x.shape.slice(1)]);
    layer.setWeights(Object.values(weights).map(({ shape, data }) => tf.tensor([...data], [...shape])));
    const loss = (given: tf.Tensor) => {
      const y = layer.apply(given, { training }) as tf.Tensor;
      const r = factors(y.shape);
      return tf.sum(tf.mul(y, tf.tensor([...r.data], [...r.shape]))) as tf.Scalar;
    };
    const gridOf = (tensor: tf.Tensor): Grid => ({ shape: tensor.shape, data: Array.from(tensor.dataSync()) });
    result['input'] = gridOf(tf.grad(loss)(input));
    const variables = layer.trainableWeights.map((weight) => (weight as unknown as { val: tf.Variable }).val);
    if (variables.length > 0) {
      const { grads } = tf.variableGrads(() => loss(input), variables);
      variables.forEach((variable, i) => {
        result[Object.keys(weights)[i] ?? ''] = gridOf(grads[variable.name] as tf.Tensor);
      });
    }
    for (const weight of layer.weights) weight.dispose();
  });
  return result;
}

const expectedOf = new Map<string, Record<string, Grid>>();
beforeAll(async () => {
  await useEngine('cpu');
  for (const [name, one] of Object.entries(LAYERS)) expectedOf.set(name, oracle(one));
});

describe.each(ENGINES)('gradients as tfjs-layers on cpu, on %s', (engine) => {
  test.each(Object.entries(LAYERS))('%s', async (name, one) => {
    await useEngine(engine);
    const expected = expectedOf.get(name) ?? {};
    const pass = one.training
      ? { random: () => 0.5, update: (_: string, value: tf.Tensor) => value.dispose() }
      : undefined;
    const gradients = await gradientsOf(one.stage, valuesOf(one.stage, x, named(one.weights)), factors, pass);
    for (const [weight, wanted] of Object.entries(expected)) expectClose(gradients[weight] as Grid, wanted, 1e-4);
    expect(Object.keys(expected).length).toBeGreaterThan(0);
  });
});

const small = ({ shape, data: values }: Grid): Grid => ({ shape, data: values.map((value) => value / 4) });
const kernels = {
  c1: { kernel: randomGrid([3, 3, 1, 4], 2), bias: randomGrid([4], 3) },
  n1: {
    gamma: { shape: [4], data: [1, 1, 1, 1] },
    beta: { shape: [4], data: [0, 0, 0, 0] },
    mean: { shape: [4], data: [0, 0, 0, 0] },
    variance: { shape: [4], data: [1, 1, 1, 1] },
  },
  // Small, so that no loss is over 16: there tfjs-layers cuts it off, because it computes it from probabilities.
  d1: { kernel: small(randomGrid([36, 3], 4)), bias: randomGrid([3], 5) },
};
const BATCH = 16;
const data = patterns(10 * BATCH);

/** The losses of tfjs-layers' own fit, step by step, over 50 steps on cpu. */
async function losses(optimizer: tf.Optimizer, normalized: boolean): Promise<number[]> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [SIDE, SIDE, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
      ...(normalized ? [tfl.layers.batchNormalization({})] : []),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  const used = [kernels.c1, ...(normalized ? [kernels.n1] : []), kernels.d1].flatMap((weights) =>
    Object.values(weights),
  );
  // tfjs-layers lists weights that gradients do not change last.
  const [moving, others] = [
    used.filter((_, i) => normalized && (i === 4 || i === 5)),
    used.filter((_, i) => !(normalized && (i === 4 || i === 5))),
  ];
  const order = normalized ? [...others, ...moving] : used;
  model.setWeights(order.map(({ shape, data: values }) => tf.tensor([...values], [...shape])));
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const xs = tf.tensor(
    data.flatMap(({ values }) => values),
    [data.length, SIDE, SIDE, 1],
  );
  const ys = tf.oneHot(
    data.map(({ target }) => target),
    3,
  );
  const found: number[] = [];
  const onBatchEnd = (_batch: number, logs?: tfl.Logs) => void found.push(logs?.['loss'] ?? NaN);
  await model.fit(xs, ys, { batchSize: BATCH, epochs: 5, shuffle: false, verbose: 0, callbacks: { onBatchEnd } });
  tf.dispose([xs, ys]);
  model.dispose();
  return found;
}

/** The losses of ours. */
async function ours(options: FitOptions, normalized: boolean): Promise<number[]> {
  const stages: readonly AnyStage[] = [
    conv2d({ name: 'c1', filters: 4, kernelSize: 3, activation: 'relu', weights: named(kernels.c1) }),
    ...(normalized ? [batchNorm({ name: 'n1', weights: named(kernels.n1) })] : []),
    maxPool({ poolSize: 2 }),
    flatten(),
    dense({ name: 'd1', units: 3, weights: named(kernels.d1) }),
    softmax(),
  ];
  const net = pipelineOf({ inputShape: [1, SIDE, SIDE, 1] }, stages) as unknown as Model['pipeline'];
  const model = await modelFrom(
    net,
    { width: SIDE, height: SIDE, channels: 1, range: [0, 1] },
    { labels: ['top', 'middle', 'bottom'] },
  );
  const examples = tensorExamples(data);
  const found: number[] = [];
  const common: FitOptions = { batchSize: BATCH, epochs: 5, shuffle: 1 };
  await fit(model, examples, { ...common, ...options }).forEach(({ kind, loss }) => {
    if (kind === 'step') found.push(loss);
  });
  tf.dispose(examples.map((example) => example.data));
  return found;
}

describe('fit follows the losses of tfjs-layers on cpu over 50 steps, to 1e-4', () => {
  const RUNS = {
    sgd: { make: () => tf.train.sgd(0.05), options: { optimizer: 'sgd', learningRate: 0.05 }, normalized: false },
    momentum: {
      make: () => tf.train.momentum(0.01, 0.9),
      options: { optimizer: 'momentum', learningRate: 0.01 },
      normalized: false,
    },
    adam: { make: () => tf.train.adam(0.003), options: { optimizer: 'adam', learningRate: 0.003 }, normalized: false },
    'adam, with batchNorm': {
      make: () => tf.train.adam(0.003),
      options: { optimizer: 'adam', learningRate: 0.003 },
      normalized: true,
    },
  } as const;
  const expected = new Map<string, number[]>();
  let tensors = 0;

  beforeAll(async () => {
    await useEngine('cpu');
    for (const [name, { make, normalized }] of Object.entries(RUNS))
      expected.set(name, await losses(make(), normalized));
    tensors = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors, 'tensors left').toBe(tensors);
  });

  test.each(ENGINES.flatMap((engine) => Object.keys(RUNS).map((name) => [engine, name] as const)))(
    'on %s: %s',
    async (engine, name) => {
      await useEngine(engine);
      const { options, normalized } = RUNS[name as keyof typeof RUNS];
      const found = await ours(options, normalized);
      const wanted = expected.get(name) ?? [];
      expect(wanted).toHaveLength(50);
      expect(found).toHaveLength(50);
      found.forEach((loss, step) =>
        expect(Math.abs(loss - (wanted[step] ?? NaN)), `step ${step + 1}`).toBeLessThan(1e-4),
      );
      expect(found.at(-1)).toBeLessThan((found[0] ?? 0) / 2);
    },
  );
});
