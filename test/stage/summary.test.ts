import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { conv2d, flatten, OptionError, pipeline, useEngine, type Summary } from 'sluice';
import { mobilenetV1Pipeline } from 'sluice/pipelines/mobilenet-v1';
import { lenet5 } from '../support/lenet5.ts';

const conv = (name?: string) => conv2d({ ...(name ? { name } : {}), filters: 2, kernelSize: 3, seed: 1 });

let tensorsBefore = 0;

beforeAll(() => useEngine('cpu'));

beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});

afterEach(() => {
  expect(tf.memory().numTensors, 'tensors left by the test').toBe(tensorsBefore);
});

describe('summary', () => {
  test('LeNet-5, counted by hand: 61,706 parameters', () => {
    const summary = lenet5().summary();
    expect(summary).toEqual<Summary>({
      name: 'lenet5',
      inputShape: [1, 28, 28, 1],
      rows: [
        // 5·5·1·6 + 6 = 156; 28·28 places of 25 products, 6 filters
        {
          stage: 'conv2d',
          op: 'conv2d',
          outputShape: [1, 28, 28, 6],
          parameters: 156,
          macs: 117_600,
          activations: 21_952,
        },
        { stage: 'avgPool', op: 'avgPool', outputShape: [1, 14, 14, 6], parameters: 0, macs: 0, activations: 23_520 },
        // 5·5·6·16 + 16 = 2,416; 10·10 places of 150 products, 16 filters
        {
          stage: 'conv2d_1',
          op: 'conv2d',
          outputShape: [1, 10, 10, 16],
          parameters: 2_416,
          macs: 240_000,
          activations: 11_104,
        },
        { stage: 'avgPool_1', op: 'avgPool', outputShape: [1, 5, 5, 16], parameters: 0, macs: 0, activations: 8_000 },
        { stage: 'flatten', op: 'flatten', outputShape: [1, 400], parameters: 0, macs: 0, activations: 3_200 },
        // 400·120 + 120, 120·84 + 84, 84·10 + 10
        { stage: 'dense', op: 'dense', outputShape: [1, 120], parameters: 48_120, macs: 48_000, activations: 2_080 },
        { stage: 'dense_1', op: 'dense', outputShape: [1, 84], parameters: 10_164, macs: 10_080, activations: 816 },
        { stage: 'dense_2', op: 'dense', outputShape: [1, 10], parameters: 850, macs: 840, activations: 376 },
        { stage: 'softmax', op: 'softmax', outputShape: [1, 10], parameters: 0, macs: 0, activations: 80 },
      ],
      parameters: 61_706,
      macs: 416_520,
      // 4 bytes a number; the most are the first pool's, of 4,704 numbers in and 1,176 out.
      memory: { weights: 246_824, activations: 23_520 },
    });
  });

  test('MobileNet v1, counted from the paper’s table: 4,222,057 parameters, 568,741,376 multiply-accumulates', () => {
    // Howard et al. 2017, table 1: [stride, channels in, channels out] of the thirteen separable blocks at 112 × 112.
    const blocks = [
      [1, 32, 64],
      [2, 64, 128],
      [1, 128, 128],
      [2, 128, 256],
      [1, 256, 256],
      [2, 256, 512],
      [1, 512, 512],
      [1, 512, 512],
      [1, 512, 512],
      [1, 512, 512],
      [1, 512, 512],
      [2, 512, 1024],
      [1, 1024, 1024],
    ] as const;
    let side = 112;
    let parameters = 3 * 3 * 3 * 32 + 32;
    let macs = side * side * 3 * 3 * 3 * 32;
    for (const [stride, from, to] of blocks) {
      side /= stride;
      // Batch norm is folded: a bias per channel, after the depthwise and after the pointwise convolution.
      parameters += 9 * from + from + from * to + to;
      macs += side * side * (9 * from + from * to);
    }
    parameters += 1024 * 1001 + 1001;
    macs += 1024 * 1001;
    expect([side, parameters, macs]).toEqual([7, 4_222_057, 568_741_376]);
    const summary = mobilenetV1Pipeline().summary();
    expect(summary.parameters).toBe(parameters);
    expect(summary.macs).toBe(macs);
    expect(summary.rows.length).toBe(1 + 13 * 2 + 3);
    expect(summary.rows.at(-3)).toMatchObject({ stage: 'pool', outputShape: [1, 1024] });
    expect(mobilenetV1Pipeline().parameterCount([1, 224, 224, 3])).toBe(parameters);
    expect(mobilenetV1Pipeline().macs([2, 224, 224, 3])).toBe(2 * macs);
  });

  test('of a pipeline without a declared shape needs one', () => {
    const net = pipeline({ name: 'net' }, conv(), flatten());
    expect(() => net.summary()).toThrow('net: summary needs an input shape: declare inputShape or give one');
    expect(() => net.summary()).toThrow(OptionError);
    expect(net.summary([1, 5, 5, 1]).rows.map(({ outputShape }) => outputShape)).toEqual([
      [1, 3, 3, 2],
      [1, 18],
    ]);
    expect(() => net.summary([1, 2, 2, 1])).toThrow(/^conv2d has a window of height 3/);
  });

  test('of another shape than the declared one is a ShapeError; of another batch it is not', () => {
    expect(() => lenet5().summary([1, 32, 32, 1])).toThrow(
      'conv2d is declared for [1, 28, 28, 1], but got [1, 32, 32, 1]',
    );
    expect(lenet5().summary([8, 28, 28, 1]).macs).toBe(8 * 416_520);
  });
});
