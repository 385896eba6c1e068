import { layersModel, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, expectClose, randomGrid } from '../../support/compute.ts';
import type { Json } from './saved.ts';
import { layer, sequential, written, type Weights } from './written.ts';

// Layers and settings that tfjs-layers does not have, or computes wrongly, by plain loops and by hand.

beforeAll(() => useEngine('cpu'));

const KERAS_3 = '3.9.0';

const modelOf = (shape: readonly number[], own: ReturnType<typeof layer>, weights: Weights = {}, keras = KERAS_3) => {
  const config: Json = { ...own.config, batch_input_shape: [null, ...shape] };
  const topology = { keras_version: keras, model_config: sequential({ ...own, config }) };
  return layersModel(written(topology, weights), { onWarning: (message) => expect.fail(message) });
};

/** The values of a grid along a dimension, for each place in the others: the offsets of the first values, and the step. */
function rows(shape: readonly number[], axis: number): { readonly starts: number[]; readonly step: number } {
  const step = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const all = shape.reduce((a, b) => a * b, 1);
  const starts = Array.from({ length: all }, (_, i) => i).filter(
    (i) => Math.floor(i / step) % (shape[axis] ?? 1) === 0,
  );
  return { starts, step };
}

describe('along an axis', () => {
  const shape = [1, 4, 5, 3];
  const x = randomGrid(shape);

  it.each([1, 2, 3, -1, -2, -3])('Softmax, axis %i', async (axis) => {
    const net = await modelOf(shape.slice(1), layer('Softmax', 's', { axis }));
    const at = axis < 0 ? shape.length + axis : axis;
    const { starts, step } = rows(shape, at);
    const data = [...x.data];
    for (const start of starts) {
      const places = Array.from({ length: shape[at] ?? 1 }, (_, i) => start + i * step);
      const sum = places.reduce((total, i) => total + Math.exp(x.data[i] ?? 0), 0);
      for (const i of places) data[i] = Math.exp(x.data[i] ?? 0) / sum;
    }
    expectClose(compute(net as never, x), { shape, data });
  });

  it.each([1, 2, 3, [1], [-2]])('BatchNormalization, axis %j', async (axis) => {
    const [own = 1] = [axis].flat();
    const at = own < 0 ? shape.length + own : own;
    const size = shape[at] ?? 1;
    const values = (seed: number) => [...randomGrid([size], seed).data].map((value) => value + 1.5);
    const [gamma, beta, mean, variance] = [1, 2, 3, 4].map(values) as [number[], number[], number[], number[]];
    const weights = Object.fromEntries(
      Object.entries({ gamma, beta, moving_mean: mean, moving_variance: variance }).map(([name, data]) => [
        `bn/${name}`,
        { shape: [size], data },
      ]),
    );
    const net = await modelOf(shape.slice(1), layer('BatchNormalization', 'bn', { axis, epsilon: 0.001 }), weights);
    const { step } = rows(shape, at);
    const data = [...x.data].map((value, i) => {
      const c = Math.floor(i / step) % size;
      const [g = 0, b = 0, m = 0, v = 0] = [gamma[c], beta[c], mean[c], variance[c]];
      return (g * (value - m)) / Math.sqrt(v + 0.001) + b;
    });
    expectClose(compute(net as never, x), { shape, data });
  });

  it('Concatenate, axis 1', async () => {
    const input = layer('InputLayer', 'in', { batch_input_shape: [null, 2, 3, 1] }, { name: 'in', inbound_nodes: [] });
    const both = layer(
      'Concatenate',
      'both',
      { axis: 1 },
      {
        inbound_nodes: [
          [
            ['in', 0, 0, {}],
            ['in', 0, 0, {}],
          ],
        ],
      },
    );
    const config = {
      name: 'net',
      layers: [input, both],
      input_layers: [['in', 0, 0]],
      output_layers: [['both', 0, 0]],
    };
    const net = await layersModel(written({ model_config: { class_name: 'Functional', config } }));
    const data = [1, 2, 3, 4, 5, 6];
    const result = compute(net as never, { shape: [1, 2, 3, 1], data });
    expectClose(result, { shape: [1, 4, 3, 1], data: [...data, ...data] });
  });

  it.each([
    ['Softmax', { axis: 0 }, /has axis 0; one dimension after the batch is supported/],
    ['Softmax', { axis: [1, 2] }, /has axis \[1, 2\]; one dimension/],
    ['Softmax', { axis: 4 }, /has axis 4; one dimension/],
    ['LayerNormalization', { axis: [] }, /has axis \[\]/],
    ['LayerNormalization', { axis: 0 }, /has axis 0/],
    ['LayerNormalization', { axis: [1, 1] }, /has axis \[1, 1\]/],
    ['LayerNormalization', { rms_scaling: true }, /has rms_scaling true/],
    ['Permute', { dims: [1, 1, 2] }, /permutation must be a list/],
  ])('%s %j is refused', async (className, config, message) => {
    await expect(modelOf([4, 5, 3], layer(className, 'it', config as Json))).rejects.toThrow(message);
  });
});

describe('Conv1D', () => {
  // y[t] = Σ k[i] x[t − 2 (2 − i)], zeros before the first step.
  it('causal, dilated: no output depends on a later step', async () => {
    const weights = { 'c/kernel': { shape: [3, 1, 1], data: [1, 10, 100] }, 'c/bias': { shape: [1], data: [0] } };
    const config = { filters: 1, kernel_size: [3], strides: [1], dilation_rate: [2], padding: 'causal' };
    const net = await modelOf([6, 1], layer('Conv1D', 'c', config), weights);
    const x = { shape: [1, 6, 1], data: [1, 2, 3, 4, 5, 6] };
    expectClose(compute(net as never, x), { shape: [1, 6, 1], data: [100, 200, 310, 420, 531, 642] });
  });

  it('on pictures is an error that says what it needs', async () => {
    const config = { filters: 1, kernel_size: [3] };
    await expect(modelOf([4, 4, 1], layer('Conv1D', 'c', config))).rejects.toThrow('needs [batch, steps, channels]');
  });
});

describe('ReLU', () => {
  const data = [-3, -1, 0, 0.5, 1, 2, 5];
  it.each<[Json, number[]]>([
    [{ max_value: 4 }, [0, 0, 0, 0.5, 1, 2, 4]],
    [{ max_value: 1.5, negative_slope: 0.5 }, [-1.5, -0.5, 0, 0.5, 1, 1.5, 1.5]],
    // A value at the threshold is not over it.
    [{ threshold: 1 }, [0, 0, 0, 0, 0, 2, 5]],
    [{ threshold: 1, max_value: 3 }, [0, 0, 0, 0, 0, 2, 3]],
    [{ threshold: 1, negative_slope: 0.5 }, [-2, -1, -0.5, -0.25, 0, 2, 5]],
    [{ threshold: 1, negative_slope: 0.5, max_value: 3 }, [-2, -1, -0.5, -0.25, 0, 2, 3]],
    [{ max_value: 6, negative_slope: 0, threshold: 0 }, [0, 0, 0, 0.5, 1, 2, 5]],
  ])('%j', async (config, expected) => {
    const net = await modelOf([7], layer('ReLU', 'r', config));
    expectClose(compute(net as never, { shape: [1, 7], data }), { shape: [1, 7], data: expected });
  });
});

describe('activations', () => {
  const data = [-4, -1, 0, 0.5, 2];
  const each = (f: (x: number) => number) => data.map(f);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  it.each<[unknown, string, number[]]>([
    ['hard_tanh', KERAS_3, each((x) => Math.max(-1, Math.min(1, x)))],
    ['log_sigmoid', KERAS_3, each((x) => Math.log(sigmoid(x)))],
    ['exponential', '2.15.0', each(Math.exp)],
    ['leaky_relu', KERAS_3, each((x) => (x < 0 ? 0.2 * x : x))],
    ['hard_sigmoid', KERAS_3, each((x) => Math.max(0, Math.min(1, x / 6 + 0.5)))],
    ['hard_sigmoid', '2.15.0', each((x) => Math.max(0, Math.min(1, x / 5 + 0.5)))],
    [{ class_name: 'LeakyReLU', config: { name: 'l', alpha: 0.25 } }, '2.15.0', each((x) => (x < 0 ? x / 4 : x))],
    [{ module: 'keras.layers', class_name: 'ReLU', config: { max_value: 1 } }, KERAS_3, [0, 0, 0, 0.5, 1]],
  ])('%j of Keras %s, alone and inside a Dense', async (activation, keras, expected) => {
    const result = { shape: [1, 5], data: expected };
    const alone = await modelOf([5], layer('Activation', 'a', { activation }), {}, keras);
    expectClose(compute(alone as never, { shape: [1, 5], data }), result);
    const identity = Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    const weights = { 'd/kernel': { shape: [5, 5], data: identity }, 'd/bias': { shape: [5], data: [0, 0, 0, 0, 0] } };
    const inside = await modelOf([5], layer('Dense', 'd', { units: 5, activation }), weights, keras);
    expectClose(compute(inside as never, { shape: [1, 5], data }), result);
  });

  it('log_softmax', async () => {
    const net = await modelOf([5], layer('Activation', 'a', { activation: 'log_softmax' }));
    const sum = data.reduce((total, x) => total + Math.exp(x), 0);
    const expected = each((x) => x - Math.log(sum));
    expectClose(compute(net as never, { shape: [1, 5], data }), { shape: [1, 5], data: expected });
  });
});

describe('Normalization with statistics among its settings', () => {
  it('has no weights', async () => {
    const net = await modelOf([2], layer('Normalization', 'n', { axis: -1, mean: [[1, 2]], variance: [[4, 9]] }));
    expectClose(compute(net as never, { shape: [1, 2], data: [3, 8] }), { shape: [1, 2], data: [1, 2] });
  });

  it('that do not fit are refused', async () => {
    const config = { axis: -1, mean: [1, 2, 3], variance: [1, 2, 3] };
    await expect(modelOf([2], layer('Normalization', 'n', config))).rejects.toThrow('has 3 means or variances for 2');
  });
});

describe('layers that no stage computes', () => {
  it.each([
    ['LSTM', [4, 3], /memory \(LSTM: keeps a state from step to step, which stages do not\)/],
    ['Bidirectional', [4, 3], /Bidirectional: keeps a state/],
    ['Conv3D', [4, 4, 4, 1], /Conv3D: works on volumes, and stages on pictures/],
    ['Lambda', [4], /Lambda: holds a program in Python, which sluice does not run/],
    ['Whatever', [4], /Whatever: is not supported/],
  ])('%s', async (className, shape, message) => {
    const error: unknown = await modelOf(shape, layer(className, 'memory')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'weights', message: expect.stringMatching(message) as unknown });
    expect(error).toMatchObject({ message: expect.stringContaining('--output_format=tfjs_graph_model') as unknown });
  });
});
