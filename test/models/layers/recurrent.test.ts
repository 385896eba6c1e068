import { layersModel, useEngine, WeightsError, type Pipeline } from 'sluice';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { compute, randomGrid } from '../../support/compute.ts';
import type { Json } from './saved.ts';
import { layer, sequential, written, type Weights } from './written.ts';

beforeAll(() => useEngine('cpu'));

const input = { batch_input_shape: [null, 4, 2] };
const numbers = (shape: number[], seed: number) => ({ shape, data: [...randomGrid(shape, seed).data] });
const settings = { units: 3, activation: 'tanh', recurrent_activation: 'sigmoid', recurrent_initializer: {} };

const read = async (files: File[]) => (await layersModel(files)) as unknown as Pipeline<never, Tensor>;
const x = randomGrid([1, 4, 2], 7);

/** The weights of an LSTM, or of a GRU with `reset_after`, from a seed on. */
const lstmWeights = (seed: number) => [numbers([2, 12], seed), numbers([3, 12], seed + 1), numbers([12], seed + 2)];
const gruWeights = (seed: number) => [numbers([2, 9], seed), numbers([3, 9], seed + 1), numbers([2, 9], seed + 2)];

const NAMES = ['kernel', 'recurrent_kernel', 'bias'];
const under = (base: string, weights: readonly { shape: number[]; data: number[] }[], names = NAMES): Weights =>
  Object.fromEntries(weights.map((weight, i) => [`${base}/${names[i] ?? i}`, weight]));

describe('the weights of recurrent layers are found', () => {
  const memory = layer('LSTM', 'memory', { ...input, ...settings });
  it.each<[string, Weights]>([
    ['as tfjs-layers names them', under('memory', lstmWeights(1))],
    ['as Keras 2 names them, in a cell', under('memory/lstm_cell', lstmWeights(1))],
    ['as Keras 2 numbers cells', under('memory/lstm_cell_3', lstmWeights(1))],
    ['as a .keras file has them', under('memory/cell', lstmWeights(1), ['0', '1', '2'])],
  ])('%s', async (_what, weights) => {
    const net = await read(written(sequential(memory), weights));
    const plain = await read(written(sequential(memory), under('memory', lstmWeights(1))));
    expect(compute(net, x)).toEqual(compute(plain, x));
    expect(new Set(compute(net, x).data).size).toBe(3);
  });

  const inner = (name: string, more: Json = {}) => layer('GRU', name, { ...settings, reset_after: true, ...more });
  const both = (config: Json) => layer('Bidirectional', 'both', { ...input, merge_mode: 'concat', ...config });
  it.each<[string, Json, Weights]>([
    [
      'of both directions, as Keras 2 names them',
      { layer: inner('gru') },
      { ...under('both/forward_gru/gru_cell', gruWeights(1)), ...under('both/backward_gru/gru_cell_1', gruWeights(5)) },
    ],
    [
      'of both directions, as Keras 3 writes the layers',
      { layer: inner('forward_gru'), backward_layer: inner('backward_gru', { go_backwards: true }) },
      { ...under('both/forward_gru/gru_cell', gruWeights(1)), ...under('both/backward_gru/gru_cell', gruWeights(5)) },
    ],
    [
      'of both directions, as a .keras file has them',
      { layer: inner('forward_gru'), backward_layer: inner('backward_gru', { go_backwards: true }) },
      {
        ...under('both/forward_layer/cell', gruWeights(1), ['0', '1', '2']),
        ...under('both/backward_layer/cell', gruWeights(5), ['0', '1', '2']),
      },
    ],
    [
      'of both directions, each with a name of its own',
      { layer: inner('fwd'), backward_layer: inner('back', { go_backwards: true }) },
      {
        ...under('both/forward_fwd/gru_cell', gruWeights(1)),
        ...under('both/backward_back/gru_cell_1', gruWeights(5)),
      },
    ],
    [
      'of both directions, under the plain names of Keras 3',
      { layer: inner('fwd'), backward_layer: inner('back', { go_backwards: true }) },
      { ...under('both/fwd/gru_cell', gruWeights(1)), ...under('both/back/gru_cell', gruWeights(5)) },
    ],
    [
      'of both directions of a layer that is called forward_x',
      { layer: inner('forward_x') },
      {
        ...under('both/forward_forward_x/gru_cell', gruWeights(1)),
        ...under('both/backward_forward_x/gru_cell', gruWeights(5)),
      },
    ],
  ])('%s', async (_what, config, weights) => {
    const result = compute(await read(written(sequential(both(config)), weights)), x);
    const one = async (seed: number, more: Json) => {
      const alone = layer('GRU', 'g', { ...input, ...settings, reset_after: true, ...more });
      return compute(await read(written(sequential(alone), under('g', gruWeights(seed)))), x).data;
    };
    expect(result.data).toEqual([...(await one(1, {})), ...(await one(5, { go_backwards: true }))]);
  });
});

describe('a state that another layer gives', () => {
  const inputLayer = layer('InputLayer', 'in', input, { name: 'in', inbound_nodes: [] });
  const other = (nodes: unknown) =>
    layer('GRU', 'other', { ...settings, units: 3 }, { name: 'other', inbound_nodes: nodes });
  const memory = (nodes: unknown) => layer('GRU', 'm', settings, { name: 'm', inbound_nodes: nodes });
  const tensor = (name: string) => ({ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } });
  const model = (...layers: unknown[]) => ({
    class_name: 'Functional',
    config: {
      name: 'net',
      layers: [inputLayer, ...layers],
      input_layers: [['in', 0, 0]],
      output_layers: [['m', 0, 0]],
    },
  });

  it.each<[string, unknown, unknown]>([
    ['Keras 2', [[['in', 0, 0, {}]]], [[['in', 0, 0, { initial_state: ['other', 0, 0] }]]]],
    ['Keras 2, in a list', [[['in', 0, 0, {}]]], [[['in', 0, 0, { initial_state: [['other', 0, 0]] }]]]],
    [
      'Keras 3',
      [{ args: [tensor('in')], kwargs: {} }],
      [{ args: [tensor('in')], kwargs: { initial_state: [tensor('other')] } }],
    ],
    [
      'Keras 3, alone',
      [{ args: [tensor('in')] }],
      [{ args: [tensor('in')], kwargs: { initial_state: tensor('other') } }],
    ],
  ])('is refused by name: %s', async (_what, plain, withState) => {
    const reading = read(written(model(other(plain), memory(withState))));
    await expect(reading).rejects.toThrow(WeightsError);
    await expect(reading).rejects.toThrow('m is called with initial_state of other layers, which is not supported');
  });

  it('is another thing than what does nothing outside training', async () => {
    const nodes = [{ args: [tensor('in')], kwargs: { training: false, mask: null, initial_state: null } }];
    const weights = under('m', [numbers([2, 9], 1), numbers([3, 9], 2), numbers([9], 3)]);
    expect((await read(written(model(memory(nodes)), weights))).parts).toHaveLength(1);
  });
});

test('a long sequence is refused before it takes memory', async () => {
  const long = layer('LSTM', 'm', { ...settings, batch_input_shape: [null, 2 ** 27, 1] });
  await expect(read(written(sequential(long)))).rejects.toThrow(/m \(LSTM: .*takes at most 10000 steps/);
});

describe('what is refused', () => {
  it.each<[string, object, RegExp]>([
    [
      'a state that is given, too',
      layer('LSTM', 'm', { ...input, ...settings, return_state: true }),
      /has return_state true/,
    ],
    ['a state that is kept', layer('GRU', 'm', { ...input, ...settings, stateful: true }), /has stateful true/],
    ['another function', layer('LSTM', 'm', { ...input, ...settings, activation: 'gelu' }), /has activation "gelu"/],
    ['units that are none', layer('LSTM', 'm', { ...input, ...settings, units: 0 }), /units must be/],
    ['pictures', layer('LSTM', 'm', { ...settings, batch_input_shape: [null, 4, 4, 3] }), /steps/],
    [
      'two directions of another layer',
      layer('Bidirectional', 'b', { ...input, layer: layer('SimpleRNN', 's', { units: 1 }) }),
      /takes SimpleRNN in both directions/,
    ],
    ['two directions of nothing', layer('Bidirectional', 'b', { ...input }), /has no layer inside/],
    [
      'two directions that are not brought together',
      layer('Bidirectional', 'b', { ...input, merge_mode: null, layer: layer('LSTM', 's', settings) }),
      /has merge_mode null/,
    ],
    [
      'an unknown way to bring them together',
      layer('Bidirectional', 'b', { ...input, merge_mode: '__proto__', layer: layer('LSTM', 's', settings) }),
      /has merge_mode "__proto__"/,
    ],
  ])('%s', async (_what, only, message) => {
    const reading = read(written(sequential(only)));
    await expect(reading).rejects.toThrow(WeightsError);
    await expect(reading).rejects.toThrow(message);
  });
});
