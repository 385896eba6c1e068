import { importModel, layersModel, useEngine } from 'sluice';
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
    expectClose(compute(net, x), { shape, data });
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
    expectClose(compute(net, x), { shape, data });
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
    const result = compute(net, { shape: [1, 2, 3, 1], data });
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
    expectClose(compute(net, x), { shape: [1, 6, 1], data: [100, 200, 310, 420, 531, 642] });
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
    expectClose(compute(net, { shape: [1, 7], data }), { shape: [1, 7], data: expected });
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
    expectClose(compute(alone, { shape: [1, 5], data }), result);
    const identity = Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    const weights = { 'd/kernel': { shape: [5, 5], data: identity }, 'd/bias': { shape: [5], data: [0, 0, 0, 0, 0] } };
    const inside = await modelOf([5], layer('Dense', 'd', { units: 5, activation }), weights, keras);
    expectClose(compute(inside, { shape: [1, 5], data }), result);
  });

  it('log_softmax', async () => {
    const net = await modelOf([5], layer('Activation', 'a', { activation: 'log_softmax' }));
    const sum = data.reduce((total, x) => total + Math.exp(x), 0);
    const expected = each((x) => x - Math.log(sum));
    expectClose(compute(net, { shape: [1, 5], data }), { shape: [1, 5], data: expected });
  });
});

describe('Normalization with statistics among its settings', () => {
  it('has no weights', async () => {
    const net = await modelOf([2], layer('Normalization', 'n', { axis: -1, mean: [[1, 2]], variance: [[4, 9]] }));
    expectClose(compute(net, { shape: [1, 2], data: [3, 8] }), { shape: [1, 2], data: [1, 2] });
  });

  it('that do not fit are refused', async () => {
    const config = { axis: -1, mean: [1, 2, 3], variance: [1, 2, 3] };
    await expect(modelOf([2], layer('Normalization', 'n', config))).rejects.toThrow('has 3 means or variances for 2');
  });
});

describe('TimeDistributed', () => {
  const dense = (name: string) => ({
    class_name: 'Dense',
    config: { name, units: 2, activation: 'relu', use_bias: false },
  });
  const kernel = { shape: [2, 2], data: [1, 2, 3, -4] };
  const x = { shape: [1, 3, 2], data: [1, 0, 0, 1, 1, 1] };
  const expected = { shape: [1, 3, 2], data: [1, 2, 3, 0, 4, 0] };

  it.each([
    ['Keras 2', 'steps/kernel'],
    ['Keras 3', 'steps/layer/0'],
  ])('a Dense, its weights as %s names them', async (_, name) => {
    const own = layer('TimeDistributed', 'steps', { layer: dense('d') });
    expectClose(compute(await modelOf([3, 2], own, { [name]: kernel }), x), expected);
  });

  it.each([
    [{ class_name: 'Conv2D', config: { name: 'c' } }, /applies "Conv2D" to each step, which is not supported/],
    [undefined, /applies undefined to each step/],
    [{ class_name: 'Dense' }, /has a Dense whose config is undefined/],
  ])('%j is refused', async (inner, message) => {
    await expect(modelOf([3, 2], layer('TimeDistributed', 'steps', { layer: inner }))).rejects.toThrow(message);
  });
});

describe('layers that no stage computes', () => {
  it.each([
    ['SimpleRNN', [4, 3], /memory \(SimpleRNN: is a recurrent layer other than LSTM and GRU\)/],
    ['ConvLSTM1D', [4, 3], /ConvLSTM1D: is a recurrent layer/],
    ['Conv3D', [4, 4, 4, 1], /Conv3D: works on volumes, and stages on pictures/],
    ['Lambda', [4], /Lambda: holds a program in Python, which sluice does not run/],
    ['Whatever', [4], /Whatever: is not supported/],
  ])('%s', async (className, shape, message) => {
    const error: unknown = await modelOf(shape, layer(className, 'memory')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'weights', message: expect.stringMatching(message) as unknown });
    expect(error).toMatchObject({ message: expect.stringContaining('--output_format=tfjs_graph_model') as unknown });
  });
});

describe('functions between layers', () => {
  const input = layer('InputLayer', 'in', { batch_input_shape: [null, 1, 1, 2] }, { name: 'in', inbound_nodes: [] });
  const model = (...layers: { readonly class_name: string; readonly name?: unknown }[]) => ({
    keras_version: '2.15.0',
    model_config: {
      class_name: 'Functional',
      config: {
        name: 'net',
        layers: [input, ...layers],
        input_layers: [['in', 0, 0]],
        output_layers: [[layers.at(-1)?.name, 0, 0]],
      },
    },
  });
  const keras2 = (name: string, fn: string, ...node: unknown[]) => {
    return layer('TFOpLambda', name, { function: fn }, { name, inbound_nodes: [...node] });
  };
  const keras3 = (name: string, className: string, ...args: unknown[]) =>
    layer(className, name, {}, { name, module: 'keras.src.ops.numpy', inbound_nodes: [{ args, kwargs: {} }] });
  const tensor = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
  const x = { shape: [1, 1, 1, 2], data: [0, 255] };
  const computed = async (...layers: { readonly class_name: string; readonly name?: unknown }[]) =>
    compute(await layersModel(written(model(...layers))), x);

  it('the preprocessing of MobileNet in Keras 2: x / 127.5 − 1', async () => {
    const result = await computed(
      keras2('tf.math.truediv', 'math.truediv', ['in', 0, 0, { y: 127.5, name: null }]),
      keras2('tf.math.subtract', 'math.subtract', ['tf.math.truediv', 0, 0, { y: 1, name: null }]),
    );
    expectClose(result, { shape: [1, 1, 1, 2], data: [-1, 1] });
  });

  it('the same in Keras 3', async () => {
    const result = await computed(
      keras3('divide', 'Divide', tensor('in'), 127.5),
      keras3('subtract', 'Subtract', tensor('divide'), 1),
    );
    expectClose(result, { shape: [1, 1, 1, 2], data: [-1, 1] });
  });

  it('a constant that comes first, one per channel, and a value with itself', async () => {
    const result = await computed(
      keras2('minus', 'math.subtract', ['_CONSTANT_VALUE', -1, 1, { y: ['in', 0, 0] }]),
      keras3('more', 'Add', tensor('minus'), [[[10, 20]]]),
      keras3('twice', 'Multiply', tensor('more'), tensor('more')),
      keras2('nn.relu', 'nn.relu', [['twice', 0, 0, { name: null }]]),
    );
    expectClose(result, { shape: [1, 1, 1, 2], data: [121, 234 * 234] });
  });

  // The preprocessing of ResNet-50 and VGG16: BGR, without the means of ImageNet.
  it.each([
    [
      'Keras 2',
      layer(
        'SlicingOpLambda',
        'bgr',
        { function: '__operators__.getitem' },
        {
          name: 'bgr',
          inbound_nodes: [
            [
              'in',
              0,
              0,
              { slice_spec: [{ class_name: '__ellipsis__' }, { start: null, stop: null, step: -1 }], name: null },
            ],
          ],
        },
      ),
      keras2('tf.nn.bias_add', 'nn.bias_add', ['bgr', 0, 0, { bias: [-10, -20], data_format: 'NHWC' }]),
    ],
    [
      'Keras 3',
      keras3('bgr', 'GetItem', tensor('in'), [
        { class_name: '__ellipsis__', config: {} },
        { class_name: '__slice__', config: { start: null, stop: null, step: -1 } },
      ]),
      keras3('add', 'Add', tensor('bgr'), { class_name: '__tensor__', config: { value: [[[[-10, -20]]]] } }),
    ],
  ] as const)('channels the other way round, without their means, in %s', async (_, bgr, means) => {
    expectClose(await computed(bgr, means), { shape: [1, 1, 1, 2], data: [245, -20] });
  });

  it.each([
    [[{ class_name: '__ellipsis__' }, { start: 0, stop: 1, step: null }]],
    [[{ class_name: '__ellipsis__' }, 0]],
    [
      [
        { start: null, stop: null, step: 2 },
        { start: null, stop: null, step: -1 },
      ],
    ],
    [7],
    [[]],
  ])('the part %j is refused', async (part) => {
    await expect(computed(keras3('f', 'GetItem', tensor('in'), part))).rejects.toThrow(
      /only \[\.\.\., ::-1\] is supported/,
    );
  });

  it.each([
    [keras2('f', 'math.floordiv', ['in', 0, 0, { y: 2 }]), /f \(TFOpLambda: has activation "floordiv"\)/],
    [keras3('f', 'Divide', 1, tensor('in')), /f \(Divide: computes divide with 1, which is not supported\)/],
    [keras3('f', 'Divide', tensor('in'), 0), /f \(Divide: has scale Infinity/],
    [keras3('f', 'Divide', 1, 2), /inbound_nodes of f has .*, not a list of \[layer, call, value\]/],
    [keras3('f', 'Add', tensor('in'), tensor('none')), /uses a layer none that does not exist/],
    [
      keras3('f', 'Add', tensor('in'), [1, 2, 3]),
      /has offset \[1, 2, 3\], but needs a number, or one number per channel/,
    ],
  ])('%j is refused', async (own, message) => {
    await expect(computed(own)).rejects.toThrow(message);
  });
});

describe('pictures in other forms', () => {
  const conv = layer('Conv2D', 'c', {
    ...{ filters: 1, kernel_size: [1, 1], use_bias: false, data_format: 'channels_first' },
    batch_input_shape: [null, 3, 2, 4],
  });
  const weights = { 'c/kernel': { shape: [1, 1, 3, 1], data: [1, 10, 100] } };

  it('a model with its channels first takes them last, as every model', async () => {
    const net = await layersModel(
      written(sequential(conv, layer('Flatten', 'f', { data_format: 'channels_first' })), weights),
    );
    expect(net.inputShape).toEqual([1, 2, 4, 3]);
    const pixels = Array.from({ length: 8 }, (_, i) => i);
    const data = pixels.flatMap((i) => [i, i, i]);
    expectClose(compute(net, { shape: [1, 2, 4, 3], data }), { shape: [1, 8], data: pixels.map((i) => 111 * i) });
    await expect(layersModel(written(sequential(conv), weights), { inputShape: [1, 3, 2, 4] })).rejects.toThrow(
      'takes [null, 2, 4, 3], but inputShape is [1, 3, 2, 4]',
    );
  });

  it('a model that puts its channels first by itself stays as it is', async () => {
    const permute = layer('Permute', 'p', { dims: [3, 1, 2], batch_input_shape: [null, 2, 4, 3] });
    const net = await layersModel(written(sequential(permute, conv), weights));
    expect(net.inputShape).toEqual([1, 2, 4, 3]);
    expect(net.outputShape([1, 2, 4, 3])).toEqual([1, 1, 2, 4]);
  });

  it.each([
    [layer('Flatten', 'f', { batch_input_shape: [null, 4, 5] })],
    [layer('Reshape', 'r', { target_shape: [20], batch_input_shape: [null, 4, 5] })],
  ])('grey pictures without a channel: %j', async (first) => {
    const head = layer('Dense', 'fc', { units: 2, activation: 'softmax', use_bias: false });
    const kernel = { shape: [20, 2], data: Array.from({ length: 40 }, (_, i) => i / 40) };
    const files = written(sequential(first, head), { 'fc/kernel': kernel });
    const model = await importModel(files, { onWarning: () => {} });
    expect(model.preprocess).toMatchObject({ width: 5, height: 4, channels: 1 });
    expect(model.pipeline.outputShape([1, 4, 5, 1])).toEqual([1, 2]);
    const net = await layersModel(files);
    const { data } = randomGrid([1, 4, 5]);
    expectClose(compute(model.pipeline, { shape: [1, 4, 5, 1], data }), compute(net, { shape: [1, 4, 5], data }));
  });

  it('sequences are no pictures', async () => {
    const files = written(
      sequential(
        layer('Conv1D', 'c', { filters: 2, kernel_size: 1, use_bias: false, batch_input_shape: [null, 4, 3] }),
      ),
      { 'c/kernel': { shape: [1, 3, 2], data: [1, 2, 3, 4, 5, 6] } },
    );
    await expect(importModel(files)).rejects.toThrow('takes [1, 4, 3], not pictures');
  });
});

describe('more layers of Keras 3', () => {
  const shape = [1, 2, 2, 4];
  const x = randomGrid(shape);

  it.each([1, 2, 4, -1])('GroupNormalization, %i groups', async (groups) => {
    const [gamma, beta] = [
      [1, 2, 3, 4],
      [0.5, 0, -0.5, 1],
    ] as const;
    const weights = { 'g/gamma': { shape: [4], data: [...gamma] }, 'g/beta': { shape: [4], data: [...beta] } };
    const net = await modelOf(
      [2, 2, 4],
      layer('GroupNormalization', 'g', { groups, epsilon: 0.01, axis: -1 }),
      weights,
    );
    const size = groups === -1 ? 1 : 4 / groups;
    const data = [...x.data].map((value, i) => {
      const group = Math.floor((i % 4) / size);
      const own = [...x.data].filter((_, j) => Math.floor((j % 4) / size) === group);
      const mean = own.reduce((a, b) => a + b, 0) / own.length;
      const variance = own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length;
      return ((gamma[i % 4] ?? 0) * (value - mean)) / Math.sqrt(variance + 0.01) + (beta[i % 4] ?? 0);
    });
    expectClose(compute(net, x), { shape, data });
  });

  it('LayerScale', async () => {
    const factors = [1, -2, 0.5, 3];
    const net = await modelOf([2, 2, 4], layer('LayerScale', 's'), { 's/gamma': { shape: [4], data: factors } });
    expectClose(compute(net, x), { shape, data: [...x.data].map((value, i) => value * (factors[i % 4] ?? 0)) });
  });

  it.each(['StochasticDepth', 'Identity', 'SpatialDropout2D'])('%s changes nothing', async (className) => {
    expectClose(compute(await modelOf([2, 2, 4], layer(className, 'd')), x), x);
  });

  it.each([
    ['GlobalAveragePooling2D', 'mean'],
    ['GlobalMaxPooling2D', 'maximum'],
  ] as const)('%s that keeps its dimensions', async (className, kind) => {
    const net = await modelOf([2, 2, 4], layer(className, 'p', { keepdims: true }));
    const data = [0, 1, 2, 3].map((c) => {
      const own = [...x.data].filter((_, i) => i % 4 === c);
      return kind === 'mean' ? own.reduce((a, b) => a + b, 0) / 4 : Math.max(...own);
    });
    expectClose(compute(net, x), { shape: [1, 1, 1, 4], data });
  });
});
