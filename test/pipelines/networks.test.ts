import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  foldBatchNorm,
  fromSpec,
  OptionError,
  preprocess,
  useEngine,
  WeightsError,
  withSeed,
  writeSafetensors,
  type Model,
  type ModelFiles,
  type Pipeline,
  type Shape,
  type Weight,
} from 'sluice';
import { alexnet, alexnetPipeline } from 'sluice/pipelines/alexnet';
import { alexnetCifar10, alexnetCifar10Pipeline } from 'sluice/pipelines/alexnet-cifar10';
import { lenet5, lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { mobilenetV1, mobilenetV1Pipeline } from 'sluice/pipelines/mobilenet-v1';
import { mobilenetV2, mobilenetV2Pipeline } from 'sluice/pipelines/mobilenet-v2';
import { resnet50, resnet50Pipeline } from 'sluice/pipelines/resnet50';
import { squeezenet, squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { vgg16, vgg16Pipeline } from 'sluice/pipelines/vgg16';

type Net = Pipeline<tf.Tensor4D, tf.Tensor2D>;
type Load = (files?: ModelFiles) => Promise<Model>;

interface Published {
  readonly name: string;
  readonly net: Net;
  readonly load: Load;
  readonly parameters: number;
  /**
   * Millions, and to what part they agree: tables round, and some count pools and norms as well. AlexNet's is that of two
   * groups; SqueezeNet's, of Iandola's repository, is for 227×227.
   */
  readonly megaMacs: number;
  readonly within: number;
  readonly shapes: Readonly<Record<string, Shape>>;
}

const NETWORKS: readonly Published[] = [
  {
    name: 'lenet5',
    net: lenet5Pipeline(),
    load: lenet5,
    parameters: 61_706,
    // By hand: 28²·25·6 + 10²·25·6·16 + 5²·16·120 + 120·84 + 84·10.
    megaMacs: 0.41652,
    within: 0,
    shapes: { c1: [1, 28, 28, 6], s2: [1, 14, 14, 6], c3: [1, 10, 10, 16], s4: [1, 5, 5, 16], c5: [1, 1, 1, 120] },
  },
  {
    name: 'alexnet (two groups)',
    net: alexnetPipeline({ groups: 2 }),
    load: (files) => alexnet({ groups: 2, ...files }),
    parameters: 60_965_224,
    megaMacs: 724,
    within: 0.01,
    shapes: { conv1: [1, 55, 55, 96], pool1: [1, 27, 27, 96], pool2: [1, 13, 13, 256], pool5: [1, 6, 6, 256] },
  },
  {
    name: 'alexnet',
    net: alexnetPipeline(),
    load: alexnet,
    // conv2, conv4 and conv5 have twice the kernels: + 307,200 + 663,552 + 442,368.
    parameters: 60_965_224 + 307_200 + 663_552 + 442_368,
    megaMacs: 1135,
    within: 0.01,
    shapes: { conv2: [1, 27, 27, 256], conv4: [1, 13, 13, 384] },
  },
  {
    name: 'alexnet-cifar10',
    net: alexnetCifar10Pipeline(),
    load: alexnetCifar10,
    // By hand: 75·24 + 24, 9·24·48 + 48, 9·48·96 + 96, 9·96·64 + 64, 4·4·64·128 + 128, 128·10 + 10.
    parameters: 1824 + 10_416 + 41_568 + 55_360 + 131_200 + 1290,
    megaMacs: 10.82,
    within: 0.001,
    shapes: { pool1: [1, 16, 16, 24], pool2: [1, 8, 8, 48], conv3: [1, 8, 8, 96], pool4: [1, 4, 4, 64], fc5: [1, 128] },
  },
  {
    name: 'vgg16',
    net: vgg16Pipeline(),
    load: vgg16,
    parameters: 138_357_544,
    megaMacs: 15_470,
    within: 0.001,
    shapes: { pool1: [1, 112, 112, 64], pool3: [1, 28, 28, 256], pool5: [1, 7, 7, 512], fc6: [1, 4096] },
  },
  {
    name: 'mobilenet-v1 (batch norm)',
    net: mobilenetV1Pipeline({ batchNorm: true }),
    load: (files) => mobilenetV1({ batchNorm: true, ...files }),
    parameters: 4_253_864,
    megaMacs: 569,
    within: 0.005,
    shapes: { 'conv0-relu': [1, 112, 112, 32], pointwise11: [1, 14, 14, 512], 'pointwise13-relu': [1, 7, 7, 1024] },
  },
  {
    name: 'mobilenet-v2',
    net: mobilenetV2Pipeline(),
    load: mobilenetV2,
    parameters: 3_538_984,
    megaMacs: 300,
    within: 0.01,
    shapes: { 'block0-project': [1, 112, 112, 16], block2: [1, 56, 56, 24], 'block16-project': [1, 7, 7, 320] },
  },
  {
    name: 'resnet50',
    net: resnet50Pipeline(),
    load: resnet50,
    parameters: 25_636_712,
    // The paper: 3.8 × 10⁹.
    megaMacs: 3800,
    within: 0.02,
    shapes: {
      conv1: [1, 112, 112, 64],
      conv2_3: [1, 56, 56, 256],
      conv3_4: [1, 28, 28, 512],
      conv5_3: [1, 7, 7, 2048],
    },
  },
  {
    name: 'squeezenet',
    net: squeezenetPipeline(),
    load: squeezenet,
    parameters: 1_235_496,
    megaMacs: 388,
    within: 0.005,
    shapes: { conv1: [1, 113, 113, 64], 'fire3-expand': [1, 56, 56, 128], conv10: [1, 14, 14, 1000] },
  },
];
const CLASSES = (name: string) => (['lenet5', 'alexnet-cifar10'].includes(name) ? 10 : 1000);

describe.each(NETWORKS)('$name', ({ name, net, load, parameters, megaMacs, within, shapes }) => {
  test('has the published parameters and MACs', () => {
    const { parameters: counted, macs } = net.summary();
    expect(counted).toBe(parameters);
    expect(Math.abs(macs / 1e6 - megaMacs) / megaMacs).toBeLessThanOrEqual(within);
  });
  test('has the published shapes on the way', () => {
    const rows = new Map(net.summary().rows.map(({ stage, outputShape }) => [stage, outputShape]));
    for (const [stage, shape] of Object.entries(shapes)) expect(rows.get(stage), stage).toEqual(shape);
    expect(net.outputShape(net.inputShape ?? [])).toEqual([1, CLASSES(name)]);
  });
  test('comes back from its spec', () => {
    const again = fromSpec(JSON.parse(JSON.stringify(net.spec))) as unknown as Net;
    expect(again.summary()).toEqual(net.summary());
  });
  test('refuses a picture of another size, naming the stage', () => {
    const [, height = 0, width = 0, channels = 0] = net.inputShape ?? [];
    expect(() => net.outputShape([1, height, width, channels + 1, 1])).toThrow(net.parts[0]?.name ?? '');
  });
  test.skipIf(['lenet5', 'alexnet-cifar10'].includes(name))(
    'needs weights, and says so before anything runs',
    async () => {
      await expect(load()).rejects.toThrow(/^(\S+) has no weights: give weights \(a safetensors file\)/);
      expect(() => net.build(net.inputShape ?? [])).toThrow(WeightsError);
    },
  );
  test.each([-1, 1.5, NaN, '1', null])('refuses the seed %s', async (seed) => {
    const error: unknown = await load({ seed: seed as never }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain('seed must be a whole number');
  });
});

/** One picture through the network on wasm; all tensors of it freed. */
function scores(net: Model['pipeline'], seed = 7): Float32Array {
  const before = tf.memory().numTensors;
  const input = net.inputShape ?? [];
  const kernel = net.build(input);
  const x = tf.randomUniform([...input] as [number, number, number, number], -1, 1, 'float32', seed) as tf.Tensor4D;
  const y = kernel.run(x);
  const values = y.dataSync() as Float32Array;
  tf.dispose([x, y]);
  kernel.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return values;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));
}

/** The same network with batch norms that do something. */
function withNorms(net: Model['pipeline'], seed: number): Model['pipeline'] {
  const drawn = withSeed(net, seed);
  const random = (shape: Shape, low: number, high: number, s: number): Weight => {
    const tensor = tf.randomUniform([...shape], low, high, 'float32', s);
    const data = tensor.dataSync() as Float32Array;
    tensor.dispose();
    return { shape, data };
  };
  const ranges: Record<string, [number, number]> = {
    gamma: [0.7, 1.4],
    beta: [-0.2, 0.2],
    mean: [-0.2, 0.2],
    variance: [0.5, 1.5],
  };
  const weights = Object.entries(drawn.weights(drawn.inputShape ?? [])).map(([name, weight], i) => {
    const range = ranges[name.split('/').at(-1) ?? ''];
    return [name, range ? random(weight.shape, ...range, seed + i) : weight] as const;
  });
  return drawn.withWeights(Object.fromEntries(weights));
}

describe('with random weights, on wasm', () => {
  beforeAll(() => useEngine('wasm'));

  test.each([
    ['lenet5', lenet5],
    ['mobilenet-v2', mobilenetV2],
    ['squeezenet', squeezenet],
  ] as const)('%s: scores sum to 1, the same for the same seed, others for another', async (_name, load) => {
    const first = scores((await load({ seed: 1 })).pipeline);
    expect(first.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 4);
    expect(scores((await load({ seed: 1 })).pipeline)).toEqual(first);
    expect(largestDifference(scores((await load({ seed: 2 })).pipeline), first)).toBeGreaterThan(0);
  });

  test('lenet5 takes grey pictures of whatever size', async () => {
    const net = await lenet5({ seed: 1 });
    expect(preprocess(net.preprocess).outputShape([1, 28, 28, 3])).toEqual(net.pipeline.inputShape);
  });

  test.each([
    ['mobilenet-v1', mobilenetV1Pipeline({ batchNorm: true }), 4_253_864 - 3 * 10_944],
    ['mobilenet-v2', mobilenetV2Pipeline(), 3_538_984 - 3 * 17_056],
    ['resnet50', resnet50Pipeline(), 25_636_712 - 4 * 26_560],
  ] as const)('%s: folding its batch norms gives the same scores', (_name, net, parameters) => {
    const drawn = withNorms(net, 3);
    const folded = foldBatchNorm(drawn);
    expect(folded.summary().parameters).toBe(parameters);
    expect(largestDifference(scores(folded), scores(drawn))).toBeLessThanOrEqual(1e-4);
  });

  test('mobilenet-v2 gives what tfjs-layers gives for the same layers and weights', () => {
    const net = withNorms(mobilenetV2Pipeline(), 5);
    const model = kerasMobilenetV2();
    const weights = net.weights([1, 224, 224, 3]);
    for (const layer of model.layers) {
      const own = (KERAS_WEIGHTS[layer.getClassName()] ?? []).map((weight) => weights[`${layer.name}/${weight}`]);
      if (layer.weights.length === 0) continue;
      const tensors = own.map((weight) => tf.tensor(weight?.data ?? [], [...(weight?.shape ?? [])] as [number]));
      layer.setWeights(tensors);
      tf.dispose(tensors);
    }
    const x = tf.randomUniform([1, 224, 224, 3], -1, 1, 'float32', 7);
    const y = model.predict(x) as tf.Tensor;
    const expected = y.dataSync();
    tf.dispose([x, y]);
    model.dispose();
    expect(largestDifference(scores(net), expected)).toBeLessThanOrEqual(1e-5);
    expect(Math.max(...expected)).toBeGreaterThan(0.002);
  });
});

const KERAS_WEIGHTS: Readonly<Record<string, readonly string[]>> = {
  Conv2D: ['kernel'],
  DepthwiseConv2D: ['kernel'],
  BatchNormalization: ['gamma', 'beta', 'mean', 'variance'],
  Dense: ['kernel', 'bias'],
};

/** MobileNet v2 written once more, with tfjs-layers; layers are named as our weights are. */
function kerasMobilenetV2(): layers.LayersModel {
  const make = layers.layers;
  const input = layers.input({ shape: [224, 224, 3] });
  let x = input;
  const apply = (layer: { apply(x: unknown): unknown }) => (x = layer.apply(x) as layers.SymbolicTensor);
  const norm = (name: string) => apply(make.batchNormalization({ name: `${name}-norm`, epsilon: 1e-3 }));
  const relu6 = () => apply(make.reLU({ maxValue: 6 }));
  const conv = (name: string, filters: number, kernelSize = 1, strides = 1) => {
    apply(make.conv2d({ name, filters, kernelSize, strides, padding: 'same', useBias: false }));
    norm(name);
  };
  const block = (at: string, from: number, expansion: number, filters: number, strides: number) => {
    const before = x;
    if (expansion > 1) {
      conv(`${at}-expand`, expansion * from);
      relu6();
    }
    apply(make.depthwiseConv2d({ name: `${at}-depthwise`, kernelSize: 3, strides, padding: 'same', useBias: false }));
    norm(`${at}-depthwise`);
    relu6();
    conv(`${at}-project`, filters);
    if (strides === 1 && from === filters) x = make.add().apply([before, x]) as layers.SymbolicTensor;
  };
  conv('conv1', 32, 3, 2);
  relu6();
  // Table 2 of the paper: expansion, channels, how many, stride of the first.
  const table = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  let [n, channels] = [0, 32];
  for (const [expansion, filters, times, stride] of table) {
    for (let i = 0; i < times; i++, n++, channels = filters) {
      const residual = i > 0 ? `block${n}/` : '';
      block(`${residual}block${n}`, channels, expansion, filters, i > 0 ? 1 : stride);
    }
  }
  conv('conv17', 1280);
  relu6();
  apply(make.globalAveragePooling2d({}));
  apply(make.dense({ name: 'logits', units: 1000, activation: 'softmax' }));
  return layers.model({ inputs: input, outputs: x });
}

describe('files of weights and labels', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-networks-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const place = (name: string, content: Uint8Array | string) => {
    writeFileSync(join(folder, name), content);
    return pathToFileURL(join(folder, name));
  };
  const drawn = withSeed(lenet5Pipeline(), 4);
  const weights = drawn.weights([1, 32, 32, 1]);
  const good = place('good.safetensors', writeSafetensors(weights));

  test('are read', async () => {
    const labels = place('digits.json', '["0","1","2","3","4","5","6","7","8","9"]');
    const net = await lenet5({ weights: good, labels });
    expect(net.labels[9]).toBe('9');
    expect(net.pipeline.weights([1, 32, 32, 1])).toEqual(weights);
  });
  test.each<[string, ModelFiles, RegExp]>([
    ['weights and a seed', { weights: good, seed: 1 }, /^lenet5: weights and seed exclude each other/],
    ['a file that is missing', { weights: pathToFileURL(join(folder, 'gone')) }, /gone/],
    [
      'a damaged file',
      { weights: place('cut', writeSafetensors(weights).subarray(0, -1)) },
      /is not a valid safetensors/,
    ],
    ['another network’s', { weights: place('other', writeSafetensors({})) }, /lacks c1\/kernel/],
    ['too few labels', { seed: 1, labels: place('few.json', '["a"]') }, /few\.json has 1 labels, but lenet5 gives 10/],
    ['labels that are none', { seed: 1, labels: place('none.json', '{}') }, /none\.json is not a list of class names/],
  ])('%s: one clear error', async (_what, files, message) => {
    await expect(lenet5(files)).rejects.toThrow(message);
  });
});
