import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { layersModel, useEngine, type LayersModelOptions } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, ENGINES, expectClose, randomGrid } from '../../support/compute.ts';
import { randomFrom } from '../../support/random.ts';
import { asFiles, fillWeights, save } from './saved.ts';
import { layer, sequential, written, type Weights } from './written.ts';

const quietly: LayersModelOptions = { onWarning: (message) => expect.fail(message) };
beforeAll(() => useEngine('cpu'));

describe('what Keras 2 writes', () => {
  // y = softmax(relu(x · [[1, 2], [0, -1]] + [0, 1])), by hand for x = [1, 1]: relu([1, 2]) → e¹, e² / sum.
  const weights: Weights = {
    'fc/kernel:0': { shape: [2, 2], data: [1, 2, 0, -1] },
    'fc/bias:0': { shape: [2], data: [0, 1] },
  };
  const fc = layer('Dense', 'fc', { units: 2, activation: 'relu', use_bias: true });
  const scores = { shape: [1, 2], data: [1 / (1 + Math.E), Math.E / (1 + Math.E)] };

  it('a Sequential, its layers in an object', async () => {
    const net = await layersModel(
      written(
        {
          keras_version: '2.15.0',
          backend: 'tensorflow',
          model_config: sequential(
            layer('InputLayer', 'input_1', { batch_input_shape: [null, 2] }),
            fc,
            layer('Activation', 'top', { activation: 'softmax' }),
          ),
        },
        weights,
      ),
      quietly,
    );
    expect(net.parts.map(({ name }) => name)).toEqual(['fc', 'top']);
    expect(net.inputShape).toEqual([1, 2]);
    for (const engine of ENGINES) {
      await useEngine(engine);
      expectClose(compute(net, { shape: [1, 2], data: [1, 1] }), scores);
    }
    await useEngine('cpu');
  });

  it('an old Sequential, its layers in place of its configuration', async () => {
    const first = layer('Dense', 'fc', { units: 2, activation: 'relu', batch_input_shape: [null, 2] });
    const net = await layersModel(
      written({ class_name: 'Sequential', config: [first, layer('Softmax', 'top')] }, weights),
      quietly,
    );
    expectClose(compute(net, { shape: [1, 2], data: [1, 1] }), scores);
  });

  it('a functional model that branches, its calls as lists', async () => {
    const net = await layersModel(
      written(
        {
          model_config: {
            class_name: 'Functional',
            config: {
              name: 'net',
              layers: [
                layer('InputLayer', 'in', { batch_input_shape: [null, 2] }, { inbound_nodes: [] }),
                { ...fc, inbound_nodes: [[['in', 0, 0, {}]]] },
                layer(
                  'Add',
                  'sum',
                  {},
                  {
                    inbound_nodes: [
                      [
                        ['fc', 0, 0, {}],
                        ['in', 0, 0, {}],
                      ],
                    ],
                  },
                ),
              ],
              input_layers: [['in', 0, 0]],
              output_layers: [['sum', 0, 0]],
            },
          },
        },
        weights,
      ),
      quietly,
    );
    expect(net.parts.map(({ name, stage }) => `${name}: ${stage.spec.op}`)).toEqual(['sum: graph']);
    expectClose(compute(net, { shape: [1, 2], data: [1, 1] }), { shape: [1, 2], data: [2, 3] });
  });
});

it('what Keras 3 writes: tensors in args, batch_shape, weights by their place', async () => {
  const tensor = (name: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 2], dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const module = 'keras.layers';
  const files = written(
    {
      keras_version: '3.5.0',
      model_config: {
        module: 'keras.src.models.functional',
        class_name: 'Functional',
        config: {
          name: 'net',
          layers: [
            layer(
              'InputLayer',
              'in',
              { batch_shape: [null, 2], dtype: 'float32', sparse: false },
              { module, inbound_nodes: [] },
            ),
            layer(
              'Dense',
              'fc',
              {
                units: 2,
                activation: 'linear',
                use_bias: true,
                dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' } },
              },
              { module, inbound_nodes: [{ args: [tensor('in')], kwargs: {} }] },
            ),
            layer(
              'LeakyReLU',
              'leaky',
              { negative_slope: 0.5 },
              { module, inbound_nodes: [{ args: [tensor('fc')], kwargs: {} }] },
            ),
            layer(
              'Subtract',
              'less',
              {},
              { module, inbound_nodes: [{ args: [[tensor('leaky'), tensor('in')]], kwargs: {} }] },
            ),
            layer(
              'Activation',
              'soft',
              { activation: 'hard_sigmoid' },
              { module, inbound_nodes: [{ args: [tensor('less')], kwargs: {} }] },
            ),
          ],
          // Keras 3 writes a single one without a list around it.
          input_layers: ['in', 0, 0],
          output_layers: ['soft', 0, 0],
        },
      },
    },
    { 'fc/0': { shape: [2, 2], data: [1, 0, 0, -1] }, 'fc/1': { shape: [2], data: [0, 0] } },
  );
  // x = [1, 2]: fc [1, −2], leaky [1, −1], less [0, −3], x / 6 + ½ → [0.5, 0].
  expectClose(compute(await layersModel(files, quietly), { shape: [1, 2], data: [1, 2] }), {
    shape: [1, 2],
    data: [0.5, 0],
  });
});

describe('layers that tfjs-layers has not, by hand', () => {
  const picture = { shape: [1, 2, 2, 1], data: [1, 2, 3, 4] };
  const input = { batch_input_shape: [null, 2, 2, 1] };
  it.each<[string, unknown[], Weights, { shape: number[]; data: number[] }]>([
    [
      'Rescaling',
      [layer('Rescaling', 'r', { ...input, scale: -2, offset: 1 })],
      {},
      { shape: [1, 2, 2, 1], data: [-1, -3, -5, -7] },
    ],
    [
      'Normalization',
      [layer('Normalization', 'n', { ...input, axis: [-1] })],
      { 'n/mean': { shape: [1], data: [2] }, 'n/variance': { shape: [1], data: [4] } },
      { shape: [1, 2, 2, 1], data: [-0.5, 0, 0.5, 1] },
    ],
    [
      'ReLU with a slope',
      [layer('ReLU', 'r', { ...input, negative_slope: 0.25 }), layer('Flatten', 'f')],
      {},
      { shape: [1, 4], data: [1, 2, 3, 4] },
    ],
    [
      'ELU of another depth',
      [
        layer('Rescaling', 'r', { ...input, scale: -1 }),
        layer('ELU', 'e', { alpha: 2 }),
        layer('GlobalMaxPooling2D', 'm'),
      ],
      {},
      { shape: [1, 1], data: [2 * (Math.exp(-1) - 1)] },
    ],
    [
      'Conv2D in groups',
      [
        layer('Conv2D', 'c', {
          batch_input_shape: [null, 1, 1, 2],
          filters: 2,
          kernel_size: [1, 1],
          groups: 2,
          use_bias: false,
        }),
      ],
      { 'c/kernel': { shape: [1, 1, 1, 2], data: [2, 3] } },
      { shape: [1, 1, 1, 2], data: [10, 60] },
    ],
    [
      'half-pixel enlarging, as Keras has it',
      [layer('UpSampling2D', 'u', { batch_input_shape: [null, 1, 2, 1], size: [1, 2], interpolation: 'bilinear' })],
      {},
      { shape: [1, 1, 4, 1], data: [0, 2.5, 7.5, 10] },
    ],
  ])('%s', async (name, layers, weights, expected) => {
    const net = await layersModel(
      written({ model_config: sequential(...layers), keras_version: '2.9.0' }, weights),
      quietly,
    );
    const inputs: Record<string, typeof picture> = {
      'Conv2D in groups': { shape: [1, 1, 1, 2], data: [5, 20] },
      'half-pixel enlarging, as Keras has it': { shape: [1, 1, 2, 1], data: [0, 10] },
    };
    expectClose(compute(net, inputs[name] ?? picture), expected);
  });
});

describe('names', () => {
  it('a layer called twice is two stages with the same weights', async () => {
    const input = tl.input({ shape: [3] });
    const shared = tl.layers.dense({ units: 3, name: 'shared' });
    const model = tl.model({ inputs: input, outputs: shared.apply(shared.apply(input)) as tl.SymbolicTensor });
    fillWeights(model, randomFrom(1));
    const net = await layersModel(asFiles(await save(model)), quietly);
    expect(net.parts.map(({ name }) => name)).toEqual(['shared', 'shared_1']);
    const weights = net.weights([1, 3]);
    expect(weights['shared_1/kernel']?.data).toBe(weights['shared/kernel']?.data);
  });

  it('models in models open up into one row; what branches is a graph of its own', async () => {
    const inner = tl.sequential({
      layers: [
        tl.layers.conv2d({ name: 'a', inputShape: [6, 6, 1], filters: 2, kernelSize: 3 }),
        tl.layers.reLU({ name: 'b' }),
      ],
    });
    const input = tl.input({ shape: [4, 4, 2] });
    const left = tl.layers.conv2d({ name: 'left', filters: 2, kernelSize: 1 }).apply(input) as tl.SymbolicTensor;
    const block = tl.model({
      inputs: input,
      outputs: tl.layers.add({ name: 'sum' }).apply([left, input]) as tl.SymbolicTensor,
    });
    const model = tl.sequential({ layers: [inner, block, tl.layers.flatten({ name: 'flat' })] });
    const net = await layersModel(asFiles(await save(model)), quietly);
    expect(net.parts.map(({ name }) => name)).toEqual(['a', 'b', 'sum', 'flat']);
    expect(Object.keys(net.weights([1, 6, 6, 1]))).toEqual(['a/kernel', 'a/bias', 'sum/left/kernel', 'sum/left/bias']);
  });

  it("a slash in a layer's name is a dot here, and its weights are found all the same", async () => {
    const fc = layer('Dense', 'block/fc', { units: 1, use_bias: false, batch_input_shape: [null, 1] });
    const net = await layersModel(
      written(sequential(fc), { 'block/fc/kernel': { shape: [1, 1], data: [3] } }),
      quietly,
    );
    expect(net.parts[0]?.name).toBe('block.fc');
    expectClose(compute(net, { shape: [1, 1], data: [2] }), { shape: [1, 1], data: [6] });
  });
});

describe('options', () => {
  const open = sequential(layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, null, null, 3] }));
  const two = {
    class_name: 'Model',
    config: {
      name: 'net',
      layers: [
        layer('InputLayer', 'in', { batch_input_shape: [null, 2] }),
        layer('Activation', 'a', { activation: 'relu' }, { inbound_nodes: [[['in', 0, 0]]] }),
        layer('Activation', 'b', { activation: 'tanh' }, { inbound_nodes: [[['in', 0, 0]]] }),
      ],
      input_layers: [['in', 0, 0]],
      output_layers: [
        ['a', 0, 0],
        ['b', 0, 0],
      ],
    },
  };

  it('a size that the model leaves open', async () => {
    const net = await layersModel(written(open), { inputShape: [1, 8, 4, 3] });
    expect(net.outputShape([1, 8, 4, 3])).toEqual([1, 3]);
  });

  it('one of several outputs', async () => {
    const net = await layersModel(written(two), { output: 'b' });
    expectClose(compute(net, { shape: [1, 2], data: [0, 1] }), { shape: [1, 2], data: [0, Math.tanh(1)] });
  });

  it.each<[string, unknown, LayersModelOptions, string]>([
    [
      'none where one is needed',
      open,
      {},
      "model.json does not declare its input's size ([null, null, null, 3]): give inputShape",
    ],
    [
      'other channels',
      open,
      { inputShape: [1, 8, 8, 1] },
      'model.json takes [null, null, null, 3], but inputShape is [1, 8, 8, 1]',
    ],
    ['another rank', open, { inputShape: [1, 8] }, 'model.json takes [null, null, null, 3], but inputShape is [1, 8]'],
    ['no output chosen', two, {}, 'model.json has 2 outputs: give output (--output), one or several of a, b'],
    ['an output that is none', two, { output: 'in' }, 'model.json: output must be one of a, b, not "in"'],
  ])('%s', async (_, topology, options, message) => {
    await expect(layersModel(written(topology), options)).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining(message) as unknown,
    });
  });
});

it('warns of weights that are NaN or infinite, and of those nobody takes', async () => {
  const warnings: string[] = [];
  const fc = layer('Dense', 'fc', { units: 1, batch_input_shape: [null, 1] });
  const weights = {
    'fc/kernel': { shape: [1, 1], data: [NaN] },
    'fc/bias': { shape: [1], data: [Infinity] },
    'old/kernel': { shape: [1], data: [0] },
  };
  const codes = new Set<string>();
  await layersModel(written(sequential(fc), weights), {
    onWarning: (message, code) => (warnings.push(message), codes.add(code)),
  });
  expect([...codes]).toEqual(['weights']);
  expect(warnings).toEqual([
    'model.json has weights that are NaN or infinite: fc/kernel, fc/bias',
    'model.json has weights that no layer uses: old/kernel',
  ]);
});

it('leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const net = await layersModel(
    written(sequential(layer('Dense', 'fc', { units: 1, batch_input_shape: [null, 1] })), {
      'fc/kernel': { shape: [1, 1], data: [1] },
      'fc/bias': { shape: [1], data: [0] },
    }),
  );
  compute(net, randomGrid([1, 1]));
  expect(tf.memory().numTensors).toBe(before);
});
