import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { gru, lstm, onnxModel, pipeline, useEngine, WeightsError, writeOnnx, type Pipeline } from 'sluice';
import type { Attribute, OnnxGraph, OnnxNode } from '../../../src/onnx/onnx-model.ts';
import { compute, expectClose, randomGrid } from '../../support/compute.ts';
import { byRuntime } from './by-runtime.ts';
import { foreign } from './foreign.ts';
import { fileOf, floats, ints, node, tiny } from './tiny.ts';

beforeAll(() => useEngine('cpu'));

const [STEPS, VALUES, UNITS] = [4, 3, 2];
const x = randomGrid([1, STEPS, VALUES], 3);
const GATES = { LSTM: 4, GRU: 3 } as const;
type Op = keyof typeof GATES;

const weight = (shape: number[], seed: number) => floats(shape, ...randomGrid(shape, seed).data);

/** A layer as PyTorch exports it: the steps come first, and go back behind the batch. */
function graphOf(
  op: Op,
  attributes: Readonly<Record<string, Attribute>>,
  { last = false, biased = true, more = {} } = {},
): OnnxGraph {
  const directions = attributes['direction'] === 'bidirectional' ? 2 : 1;
  const width = GATES[op] * UNITS;
  const layer: OnnxNode = {
    ...{ name: 'memory', op, outputs: last ? ['', 'h'] : ['all'] },
    inputs: ['steps', 'w', 'r', ...(biased ? ['b'] : ['']), ...Object.keys(more)],
    attributes: { hidden_size: UNITS, ...attributes },
  };
  const after = last
    ? [node('Transpose', ['h'], 'turned', { perm: [1, 0, 2] }), node('Reshape', ['turned', 'row'], 'y')]
    : [node('Transpose', ['all'], 'turned', { perm: [2, 0, 1, 3] }), node('Reshape', ['turned', 'sequence'], 'y')];
  return tiny([1, STEPS, VALUES], [node('Transpose', ['x'], 'steps', { perm: [1, 0, 2] }), layer, ...after], {
    w: weight([directions, width, VALUES], 4),
    r: weight([directions, width, UNITS], 5),
    b: weight([directions, 2 * width], 6),
    row: ints(1, directions * UNITS),
    sequence: ints(1, STEPS, directions * UNITS),
    ...more,
  });
}

const read = async (graph: OnnxGraph) => (await onnxModel([fileOf(graph)])) as unknown as Pipeline<never, tf.Tensor>;

describe.each<[Op, Readonly<Record<string, Attribute>>]>([
  ['LSTM', {}],
  ['LSTM', { direction: 'reverse' }],
  ['LSTM', { direction: 'bidirectional' }],
  ['LSTM', { activations: ['HardSigmoid', 'Relu', 'Relu'] }],
  ['GRU', {}],
  ['GRU', { linear_before_reset: 1 }],
  ['GRU', { direction: 'reverse', linear_before_reset: 1 }],
  ['GRU', { direction: 'bidirectional', linear_before_reset: 1 }],
  ['GRU', { direction: 'bidirectional', activations: ['Sigmoid', 'Tanh', 'HardSigmoid', 'Softsign'] }],
])('%s, %j', (op, attributes) => {
  test.each([
    ['all steps', { last: false }],
    ['the last step', { last: true }],
    ['without a bias', { biased: false }],
  ])('%s: as ONNX Runtime computes it', async (_what, options) => {
    const graph = graphOf(op, attributes, options);
    expectClose(compute(await read(graph), x), await byRuntime(foreign(graph), x), 1e-5);
  });
});

test.each([
  ['lstm', lstm({ units: 3, seed: 1, returnSequences: true })],
  ['lstm backwards', lstm({ units: 3, seed: 1, goBackwards: true, returnSequences: true })],
  ['gru', gru({ units: 3, seed: 1, recurrentActivation: 'hardSigmoid' })],
  ['gru of the first paper', gru({ units: 3, seed: 1, resetAfter: false, goBackwards: true })],
])('%s comes back from the file that sluice writes', async (_name, stage) => {
  const net = pipeline({ inputShape: [1, STEPS, VALUES] }, stage) as unknown as Pipeline<never, tf.Tensor>;
  const again = await onnxModel([new File([writeOnnx(net) as Uint8Array<ArrayBuffer>], 'again.onnx')]);
  expect(again.parts.map(({ stage: { spec } }) => spec.op)).toContain(stage.spec.op);
  expectClose(compute(again, x), compute(net, x), 1e-6);
});

test('all steps and the last one share a layer and its weights', async () => {
  const graph = graphOf('LSTM', { direction: 'bidirectional' });
  const nodes = [
    ...graph.nodes.map((one) => (one.op === 'LSTM' ? { ...one, outputs: ['all', 'h'] } : one)),
    node('ReduceSum', ['h'], 'sum', { keepdims: 0 }),
    node('Add', ['y', 'sum'], 'z'),
  ];
  const both = { ...graph, nodes, outputs: { z: undefined } };
  const net = await read(both);
  expectClose(compute(net, x), await byRuntime(foreign(both), x), 1e-5);
  expect(net.summary().parameters).toBe(2 * 4 * UNITS * (VALUES + UNITS + 1));
});

test('the input takes at most 10,000 steps', async () => {
  const graph = { ...graphOf('LSTM', {}, { last: true }), inputs: { x: [1, 2 ** 20, VALUES] } };
  await expect(read(graph)).rejects.toThrow(/takes at most 10000 steps, but got \[1, 1048576, 3\]/);
});

describe('what is refused', () => {
  test.each<[Op, Readonly<Record<string, Attribute>>, object, string]>([
    ['LSTM', { layout: 1 }, {}, 'layout 1 is not supported'],
    ['LSTM', { clip: { float: 1 } }, {}, 'clip is not supported'],
    ['LSTM', { activation_alpha: { float: 0.1 } }, {}, 'activation_alpha is not supported'],
    ['LSTM', { input_forget: 1 }, {}, 'input_forget is not supported'],
    ['LSTM', { direction: 'sideways' }, {}, 'direction sideways is not supported'],
    ['LSTM', { hidden_size: 5 }, {}, 'a weight of [1, 8, 3] where [1, 20, 3] is needed'],
    ['LSTM', { activations: ['Sigmoid', 'Tanh', 'Relu'] }, {}, 'activations Sigmoid, Tanh, Relu is not supported'],
    ['GRU', { activations: ['Elu', 'Tanh'] }, {}, 'activations Elu, Tanh is not supported'],
    ['GRU', { activations: [1, 2] }, {}, 'attribute activations must be a list of texts'],
    ['GRU', {}, { lengths: ints(2) }, 'sequences of different lengths is not supported'],
    ['GRU', {}, { lengths: ints(4), begin: floats([1, 1, 2], 1) }, 'a state to begin with (input 6) is not supported'],
  ])('%s %j', async (op, attributes, more, message) => {
    const reading = read(graphOf(op, attributes, { more }));
    await expect(reading).rejects.toThrow(WeightsError);
    await expect(reading).rejects.toThrow(message);
  });

  test('a sequence whose first dimension is the batch', async () => {
    const graph = graphOf('GRU', {});
    const nodes = graph.nodes.map((one) => ({
      ...one,
      inputs: one.inputs.map((name) => (name === 'steps' ? 'x' : name)),
    }));
    await expect(read({ ...graph, nodes })).rejects.toThrow(
      /an input of \[1, 4, 3\] whose second dimension is not the batch/,
    );
  });
});
