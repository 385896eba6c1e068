import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { foldBatchNorm, fromSpec, layersModel, useEngine, type Pipeline, type Spec } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, expectClose, piped, randomGrid } from '../../support/compute.ts';
import type { Grid } from '../../support/reference.ts';
import { randomFrom } from '../../support/random.ts';
import { asFiles, fillWeights, save } from './saved.ts';

// Each layer of tfjs-layers alone, with settings that the models drawn at random do not have. tfjs-layers is the oracle.

beforeAll(() => useEngine('cpu'));

/** Single precision, absolute below 1 and relative above: what differs is the order of summing. */
const TOLERANCE = 1e-5;

type Case = readonly [string, readonly number[], (inputShape: number[]) => tl.layers.Layer];

const first = { dataFormat: 'channelsFirst' } as const;

const CASES: readonly Case[] = [
  // Sequences
  ['conv1d', [9, 3], (inputShape) => tl.layers.conv1d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape })],
  ['conv1d, strides', [9, 3], (inputShape) => tl.layers.conv1d({ filters: 2, kernelSize: 2, strides: 2, inputShape })],
  [
    'conv1d, same',
    [9, 3],
    (inputShape) => tl.layers.conv1d({ filters: 2, kernelSize: 4, padding: 'same', inputShape }),
  ],
  ['maxPooling1d', [9, 3], (inputShape) => tl.layers.maxPooling1d({ poolSize: 3, inputShape })],
  ['maxPooling1d, strides', [9, 3], (inputShape) => tl.layers.maxPooling1d({ poolSize: 3, strides: 1, inputShape })],
  [
    'averagePooling1d',
    [8, 3],
    (inputShape) => tl.layers.averagePooling1d({ poolSize: 2, padding: 'same', inputShape }),
  ],
  ['globalAveragePooling1d', [8, 3], (inputShape) => tl.layers.globalAveragePooling1d({ inputShape })],
  ['globalMaxPooling1d', [8, 3], (inputShape) => tl.layers.globalMaxPooling1d({ inputShape })],
  ['dense on rows', [5, 3], (inputShape) => tl.layers.dense({ units: 4, activation: 'tanh', inputShape })],
  ['dense on five dimensions', [2, 3, 4, 3], (inputShape) => tl.layers.dense({ units: 2, inputShape })],
  // Recurrent
  ['lstm', [5, 3], (inputShape) => tl.layers.lstm({ recurrentInitializer: 'glorotUniform', units: 4, inputShape })],
  [
    'lstm, all steps, from the last one',
    [5, 3],
    (inputShape) =>
      tl.layers.lstm({
        recurrentInitializer: 'glorotUniform',
        units: 2,
        returnSequences: true,
        goBackwards: true,
        inputShape,
      }),
  ],
  [
    'lstm, sigmoid gates, no bias',
    [4, 2],
    (inputShape) =>
      tl.layers.lstm({
        recurrentInitializer: 'glorotUniform',
        units: 3,
        recurrentActivation: 'sigmoid',
        activation: 'relu',
        useBias: false,
        inputShape,
      }),
  ],
  ['gru', [5, 3], (inputShape) => tl.layers.gru({ recurrentInitializer: 'glorotUniform', units: 4, inputShape })],
  [
    'gru, all steps, from the last one',
    [5, 3],
    (inputShape) =>
      tl.layers.gru({
        recurrentInitializer: 'glorotUniform',
        units: 2,
        recurrentActivation: 'sigmoid',
        returnSequences: true,
        goBackwards: true,
        inputShape,
      }),
  ],
  ...(['concat', 'sum', 'mul', 'ave'] as const).map((mergeMode): Case => [
    `bidirectional lstm, ${mergeMode}`,
    [4, 3],
    (inputShape) =>
      tl.layers.bidirectional({
        layer: tl.layers.lstm({ recurrentInitializer: 'glorotUniform', units: 2 }),
        mergeMode,
        inputShape,
      }),
  ]),
  [
    'bidirectional gru, all steps',
    [4, 3],
    (inputShape) =>
      tl.layers.bidirectional({
        layer: tl.layers.gru({
          recurrentInitializer: 'glorotUniform',
          units: 2,
          recurrentActivation: 'sigmoid',
          returnSequences: true,
        }),
        mergeMode: 'concat',
        inputShape,
      }),
  ],
  // Channels first
  [
    'conv2d, channels first',
    [3, 6, 8],
    (inputShape) => tl.layers.conv2d({ ...first, filters: 4, kernelSize: 3, activation: 'selu', inputShape }),
  ],
  [
    'maxPooling2d, channels first',
    [3, 6, 8],
    (inputShape) => tl.layers.maxPooling2d({ ...first, poolSize: 2, inputShape }),
  ],
  [
    'zeroPadding2d, channels first',
    [3, 4, 5],
    (inputShape) =>
      tl.layers.zeroPadding2d({
        ...first,
        padding: [
          [1, 2],
          [0, 3],
        ],
        inputShape,
      }),
  ],
  [
    'upSampling2d, channels first',
    [3, 4, 5],
    (inputShape) => tl.layers.upSampling2d({ ...first, size: [2, 3], inputShape }),
  ],
  ['flatten, channels first', [3, 4, 5], (inputShape) => tl.layers.flatten({ ...first, inputShape })],
  [
    'globalAveragePooling2d, channels first',
    [3, 4, 5],
    (inputShape) => tl.layers.globalAveragePooling2d({ ...first, inputShape }),
  ],
  // Other axes
  ['layerNormalization', [4, 5, 3], (inputShape) => tl.layers.layerNormalization({ inputShape })],
  [
    'layerNormalization, axes',
    [4, 5, 3],
    (inputShape) => tl.layers.layerNormalization({ axis: [2, 3], epsilon: 0.01, inputShape }),
  ],
  [
    'layerNormalization, axis 1',
    [4, 5, 3],
    (inputShape) => tl.layers.layerNormalization({ axis: 1, scale: false, inputShape }),
  ],
  [
    'layerNormalization, no beta',
    [7],
    (inputShape) => tl.layers.layerNormalization({ axis: -1, center: false, inputShape }),
  ],
  ['permute', [4, 5, 3], (inputShape) => tl.layers.permute({ dims: [3, 1, 2], inputShape })],
  ['permute, rows', [4, 5], (inputShape) => tl.layers.permute({ dims: [2, 1], inputShape })],
  // Activation
  ['reLU, maxValue 4', [4, 5], (inputShape) => tl.layers.reLU({ maxValue: 4, inputShape })],
  ['reLU, maxValue 0.25', [4, 5], (inputShape) => tl.layers.reLU({ maxValue: 0.25, inputShape })],
  ['thresholdedReLU', [4, 5], (inputShape) => tl.layers.thresholdedReLU({ theta: 0.3, inputShape })],
  ['thresholdedReLU, theta 0', [4, 5], (inputShape) => tl.layers.thresholdedReLU({ theta: 0, inputShape })],
  ...(['selu', 'softplus', 'softsign', 'mish', 'swish', 'hardSigmoid', 'gelu', 'gelu_new', 'relu6'] as const).map(
    (name): Case => [name, [4, 5], (inputShape) => tl.layers.activation({ activation: name, inputShape })],
  ),
  [
    'conv2d with softplus',
    [4, 5, 2],
    (inputShape) => tl.layers.conv2d({ filters: 3, kernelSize: 2, activation: 'softplus', inputShape }),
  ],
];

const random = randomFrom(11);

/** A model of one layer, what it computes of an input, and the pipeline. */
async function both([, inputShape, make]: Case): Promise<{ net: Pipeline<never, never>; x: Grid; expected: Grid }> {
  const model = tl.sequential({ layers: [make([...inputShape])] });
  fillWeights(model, random);
  const x = randomGrid([1, ...inputShape], 3);
  const output = tf.tidy(() => model.predict(tf.tensor([...x.data], [...x.shape])) as tf.Tensor);
  const expected = { shape: output.shape, data: [...output.dataSync()] };
  output.dispose();
  const files = asFiles(await save(model));
  model.dispose();
  const net = await layersModel(files, { onWarning: (message) => expect.fail(message) });
  const isFirst = net.inputShape?.join() !== x.shape.join();
  return { net: net as unknown as Pipeline<never, never>, x: isFirst ? channelsLast(x) : x, expected };
}

/** The pipeline as its spec and its weights. */
function sent(net: Pipeline<never, never>): Parameters<typeof compute>[0] {
  const again = fromSpec(JSON.parse(JSON.stringify(net.spec)) as Spec);
  return again.withWeights(net.weights(net.inputShape ?? [])) as Parameters<typeof compute>[0];
}

/** The same picture with its channels last, as sluice takes it. */
function channelsLast({ shape, data }: Grid): Grid {
  const [, channels = 1, height = 1, width = 1] = shape;
  const pixels = height * width;
  const moved = Array.from({ length: data.length }, (_, i) => data[(i % channels) * pixels + Math.floor(i / channels)]);
  return { shape: [1, height, width, channels], data: moved as number[] };
}

describe('gives what tfjs-layers gives', () => {
  it.each(CASES)('%s', async (...own) => {
    const { net, x, expected } = await both(own);
    expectClose(compute(net, x), expected, TOLERANCE);
    // As the command line runs it, and as a worker gets it.
    expectClose(compute(foldBatchNorm(net as never), x), expected, TOLERANCE);
    expectClose(compute(sent(net), x), expected, TOLERANCE);
    expect(net.parts.filter(({ name }) => name !== 'channels_first')).toHaveLength(1);
  });

  it('on ONNX Runtime, too', async () => {
    const all: (Awaited<ReturnType<typeof both>> & { readonly name: string })[] = [];
    for (const own of CASES) all.push({ name: own[0], ...(await both(own)) });
    await useEngine('onnxruntime');
    for (const { name, net, x, expected } of all) {
      try {
        expectClose(await piped(net, x), expected, TOLERANCE);
      } catch (cause) {
        throw new Error(`${name}: ${String(cause)}`, { cause });
      }
    }
    await useEngine('cpu');
  });
});
