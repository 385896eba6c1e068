import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  batchNorm,
  conv2dTranspose,
  crop,
  globalMaxPool,
  localResponseNorm,
  reshape,
  separableConv2d,
  upsample,
  useEngine,
  zeroPad,
  type AnyStage,
} from 'sluice';
import { compute, ENGINES, expectClose } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';
import { asWeight, randomGrid } from './grids.ts';

const x = randomGrid([2, 7, 6, 3]);
const bias = randomGrid([5], 3);

/** The layer's answer with these weights, in its order. */
function oracle(layer: tfl.layers.Layer, input: Grid, weights: readonly Grid[] = []): Grid {
  return tf.tidy(() => {
    const tensors = weights.map(({ shape, data }) => tf.tensor([...data], [...shape]));
    layer.build([null, ...input.shape.slice(1)]);
    layer.setWeights(tensors);
    const y = layer.apply(tf.tensor([...input.data], [...input.shape])) as tf.Tensor;
    const result = { shape: y.shape, data: Array.from(y.dataSync()) };
    for (const weight of layer.weights) weight.dispose();
    return result;
  });
}

const named = (weights: Record<string, Grid>) =>
  Object.fromEntries(Object.entries(weights).map(([name, grid]) => [name, asWeight(grid)]));

describe.each(ENGINES)('as tfjs-layers, on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test.each([
    ['valid', 1, 3],
    ['valid', 2, 3],
    ['same', 1, 3],
    ['same', 2, 3],
    ['same', 2, 4],
    ['same', 3, 2],
    ['valid', [3, 2], [5, 2]],
  ] as const)('conv2dTranspose: %s, strides %j, kernel %j', (padding, strides, size) => {
    const kernelSize = [size].flat().length === 2 ? (size as [number, number]) : ([size, size] as [number, number]);
    const steps =
      [strides].flat().length === 2 ? (strides as [number, number]) : ([strides, strides] as [number, number]);
    const kernel = randomGrid([...kernelSize, 5, 3], 2);
    const layer = tfl.layers.conv2dTranspose({ filters: 5, kernelSize, strides: steps, padding, activation: 'relu' });
    const stage = conv2dTranspose({ filters: 5, kernelSize, strides: steps, padding, activation: 'relu' });
    expectClose(compute(stage, x, named({ kernel, bias })), oracle(layer, x, [kernel, bias]));
  });

  test('conv2dTranspose: where the stride is larger than the kernel, outputPadding makes TF’s valid', () => {
    const kernel = randomGrid([2, 2, 5, 3], 2);
    const layer = tfl.layers.conv2dTranspose({ filters: 5, kernelSize: 2, strides: 3, padding: 'valid' });
    const stage = conv2dTranspose({ filters: 5, kernelSize: 2, strides: 3, outputPadding: 1 });
    const wanted = oracle(layer, x, [kernel, bias]);
    expect(wanted.shape).toEqual([2, 21, 18, 5]);
    expectClose(compute(stage, x, named({ kernel, bias })), wanted);
    expect(conv2dTranspose({ filters: 5, kernelSize: 2, strides: 3 }).outputShape(x.shape)).toEqual([2, 20, 17, 5]);
  });

  test.each([
    ['valid', 1, 1],
    ['same', 2, 1],
    ['same', 1, 2],
  ] as const)('separableConv2d: %s, stride %i, dilation %i', (padding, strides, dilationRate) => {
    const [depthwiseKernel, pointwiseKernel] = [randomGrid([3, 3, 3, 2], 2), randomGrid([1, 1, 6, 5], 4)];
    const told = { filters: 5, kernelSize: 3, depthMultiplier: 2, padding, strides, dilationRate };
    const wanted = oracle(tfl.layers.separableConv2d(told), x, [depthwiseKernel, pointwiseKernel, bias]);
    expectClose(compute(separableConv2d(told), x, named({ depthwiseKernel, pointwiseKernel, bias })), wanted);
  });

  test('batchNorm', () => {
    const [gamma, beta, mean] = [randomGrid([3], 4), randomGrid([3], 5), randomGrid([3], 6)];
    const variance = { shape: [3], data: [0.1, 1, 4] };
    const wanted = oracle(tfl.layers.batchNormalization({}), x, [gamma, beta, mean, variance]);
    expectClose(compute(batchNorm(), x, named({ gamma, beta, mean, variance })), wanted);
  });

  test.each<[string, AnyStage, () => tfl.layers.Layer]>([
    [
      'zeroPad',
      zeroPad({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      () =>
        tfl.layers.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 3],
          ],
        }),
    ],
    [
      'crop',
      crop({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
      () =>
        tfl.layers.cropping2D({
          cropping: [
            [1, 2],
            [0, 3],
          ],
        }),
    ],
    ['upsample', upsample({ size: [2, 3] }), () => tfl.layers.upSampling2d({ size: [2, 3] })],
    ['globalMaxPool', globalMaxPool(), () => tfl.layers.globalMaxPooling2d({})],
    ['reshape', reshape({ shape: [6, -1] }), () => tfl.layers.reshape({ targetShape: [6, -1] })],
    ['leakyRelu 0.3', activation('leakyRelu', { alpha: 0.3 }), () => tfl.layers.leakyReLU({})],
  ])('%s', (_what, stage, layer) => {
    expectClose(compute(stage as never, x), oracle(layer(), x));
  });

  test.each([[undefined], [[1, 2]], [[1, 2, 3]], [[2]]])('prelu, shared axes %j', (axes) => {
    const shape = [7, 6, 3].map((size, i) => (axes?.includes(i + 1) ? 1 : size));
    const alpha = randomGrid(shape, 4);
    const layer = tfl.layers.prelu(axes ? { sharedAxes: axes } : {});
    const ours = compute(activation('prelu', { sharedAxes: axes ?? [] }), x, named({ alpha }));
    // tfjs-wasm has wrong slopes in this case, so there its own layer is no oracle.
    if (tf.getBackend() === 'wasm' && axes?.join() === '2') {
      const parts = tf.tidy(() => {
        const [input, slopes] = [tf.tensor(x.data, [...x.shape]), tf.tensor(alpha.data, [...alpha.shape])];
        return tf.add(tf.relu(input), tf.mul(slopes, tf.minimum(input, 0)));
      });
      expectClose(ours, { shape: parts.shape, data: Array.from(parts.dataSync()) });
      parts.dispose();
    } else expectClose(ours, oracle(layer, x, [alpha]));
  });

  test.each([
    [{}],
    [{ depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 }],
    [{ depthRadius: 1, bias: 1, alpha: 0.5, beta: 1 }],
  ])('localResponseNorm %j: as tf.localResponseNormalization', (told) => {
    for (const channels of [5, 140]) {
      const input = randomGrid([1, 3, 2, channels]);
      const wanted = tf.tidy(() => {
        const { depthRadius, bias: k, alpha, beta } = { depthRadius: 5, bias: 1, alpha: 1, beta: 0.5, ...told };
        const y = tf.localResponseNormalization(
          tf.tensor4d([...input.data], [1, 3, 2, channels]),
          depthRadius,
          k,
          alpha,
          beta,
        );
        return { shape: y.shape, data: Array.from(y.dataSync()) };
      });
      expectClose(compute(localResponseNorm(told), input), wanted);
    }
  });
});
