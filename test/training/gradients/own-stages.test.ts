import * as tf from '@tensorflow/tfjs-core';
import { stage, TrainingError, useEngine, type AnyStage } from 'sluice';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomGrid } from '../../conformance/grids.ts';
import { ENGINES } from '../../support/compute.ts';
import { expectDifferences, gradientsOf, valuesOf } from '../../support/gradients.ts';

// What stages of one's own compute with the functions of TensorFlow.js, whose kernels get other attributes than those of sluice's stages.

const factors = (shape: readonly number[]) => randomGrid(shape, 77);
const input = randomGrid([2, 7, 6, 3]);
const kernel = (...shape: number[]) => tf.tensor([...randomGrid(shape, 5).data], shape);

type Compute = (x: tf.Tensor4D) => tf.Tensor;

/** A stage whose output shape nobody asks for. */
function own(f: Compute): AnyStage {
  return stage<tf.Tensor4D, tf.Tensor>({ spec: { op: 'own' }, outputShape: (shape) => shape, kernel: () => f });
}

const RIGHT: Record<string, Compute> = {
  'conv2d, same': (x) => tf.conv2d(x, kernel(3, 3, 3, 4) as tf.Tensor4D, 1, 'same'),
  'conv2d, same, strides': (x) => tf.conv2d(x, kernel(3, 2, 3, 4) as tf.Tensor4D, [2, 1], 'same'),
  'conv2d, a number': (x) => tf.conv2d(x, kernel(3, 3, 3, 4) as tf.Tensor4D, 2, 1),
  'conv2d, dilated': (x) => tf.conv2d(x, kernel(2, 2, 3, 4) as tf.Tensor4D, 1, 'valid', 'NHWC', 2),
  'depthwiseConv2d, same': (x) => tf.depthwiseConv2d(x, kernel(3, 3, 3, 2) as tf.Tensor4D, 1, 'same'),
  'depthwiseConv2d, strides': (x) => tf.depthwiseConv2d(x, kernel(3, 3, 3, 2) as tf.Tensor4D, 2, 'same'),
  'separableConv2d, same': (x) =>
    tf.separableConv2d(x, kernel(3, 3, 3, 1) as tf.Tensor4D, kernel(1, 1, 3, 4) as tf.Tensor4D, 1, 'same'),
  'avgPool, same': (x) => tf.avgPool(x, 3, 2, 'same'),
  'maxPool, same': (x) => tf.maxPool(x, 3, 2, 'same'),
  'maxPool, a number': (x) => tf.maxPool(x, 3, 1, 1),
  'slice, fewer dimensions': (x) => tf.slice(x, 1),
  'slice, to the end': (x) => tf.slice(x, [0, 2, 1, 0], [-1, 3, -1, 2]),
  stridedSlice: (x) => tf.stridedSlice(x, [0, 1, 0, 0], [2, 7, 6, 3], [1, 2, 3, 1]),
  'mirrorPad, symmetric': (x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [2, 3],
        [1, 0],
        [0, 0],
      ],
      'symmetric',
    ),
  'mirrorPad, reflect': (x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [2, 3],
        [1, 0],
        [0, 0],
      ],
      'reflect',
    ),
  'concat, the last axis': (x) => tf.concat([x, tf.square(x)], -1),
  stack: (x) => tf.stack([x, tf.square(x)], 1),
  split: (x) => tf.concat(tf.split(x, 3, -1).toReversed(), 3),
  where: (x) => tf.where(tf.greater(x, 0.1), tf.square(x), tf.mul(x, 3)),
  clipByValue: (x) => tf.clipByValue(x, -0.5, 0.4),
  pow: (x) => tf.pow(tf.add(tf.abs(x), 0.5), 1.7),
  matMul: (x) => tf.matMul(tf.reshape(x, [2, 42, 3]), kernel(1, 5, 3), false, true),
  resizeBilinear: (x) => tf.image.resizeBilinear(x, [5, 11]),
  transpose: (x) => tf.mul(tf.transpose(x), kernel(3, 6, 7, 2)),
  mean: (x) => tf.mean(tf.square(x), [1, -1]),
  prod: (x) => tf.prod(x, -1),
  logSoftmax: (x) => tf.logSoftmax(x),
  customGrad: (x) =>
    tf.customGrad((...given: unknown[]) => {
      const [value] = given as [tf.Tensor];
      return { value: tf.mul(value, 2), gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2) };
    })(x),
};

const REFUSED: Record<string, Compute> = {
  'stridedSlice, backwards': (x) => tf.stridedSlice(x, [0, 6, 0, 0], [2, 1, 6, 3], [1, -2, 1, 1]),
  'stridedSlice, with a mask': (x) => tf.stridedSlice(x, [0, 1, 0, 0], [2, 2, 6, 3], [1, 1, 1, 1], 0, 0, 0, 0, 2),
  'batchNorm without scale': (x) => tf.batchNorm(x, kernel(3) as tf.Tensor1D, tf.ones([3])),
  cumsum: (x) => tf.cumsum(x, 1),
};

describe.each(ENGINES)('functions of TensorFlow.js in stages of one’s own, on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  test.each(Object.entries(RIGHT))('%s', async (_name, f) => {
    const one = own(f);
    const values = valuesOf(one, input);
    await expectDifferences(one, values, await gradientsOf(one, values, factors), factors);
  });

  test.each(Object.entries(REFUSED))('%s is refused, and leaves no tensor', async (_name, f) => {
    const one = own(f);
    const before = tf.memory().numTensors;
    const x = tf.tensor([...input.data], [...input.shape]);
    const { differentiate } = await import('../../../src/training/gradients/differentiate.ts');
    const run = () =>
      tf.tidy(
        () => differentiate(() => tf.sum(one.kernelWith(input.shape, {}).run(x as never) as tf.Tensor), [x]).value,
      );
    expect(run).toThrow(TrainingError);
    expect(run).toThrow(/no gradient can flow/);
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
    // The backend works as before.
    expect(Array.from(tf.add(1, 2).dataSync())).toEqual([3]);
  });
});
