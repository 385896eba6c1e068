import {
  activation,
  avgPool,
  batchNorm,
  concatenate,
  conv2d,
  conv2dTranspose,
  crop,
  dense,
  depthwiseConv2d,
  dropout,
  fakeQuantize,
  flatten,
  globalAvgPool,
  globalMaxPool,
  graph,
  l2Pool,
  localResponseNorm,
  maxPool,
  pipeline,
  reshape,
  residual,
  separableConv2d,
  softmax,
  upsample,
  zeroPad,
  type Activation,
  type AnyStage,
  type Weights,
} from 'sluice';
import type { Case } from './case.ts';
import { ACTIVATIONS } from '../../src/stage/activations.ts';
import {
  at,
  byIndex,
  erf,
  referenceActivation,
  referenceBatchNorm,
  referenceConv2d,
  referenceDense,
  referenceDepthwise,
  referenceGrouped,
  referenceL2,
  referenceLrn,
  referencePool,
  referenceSoftmax,
  referenceTranspose,
  referenceResize,
  referenceUpsample,
  type Grid,
  type ReferenceWindow,
} from '../support/reference.ts';
import { asWeight, grid, randomGrid } from './grids.ts';
import { MATH_CASES } from './math-cases.ts';
import { SEQUENCE_CASES } from './sequence-cases.ts';
import { SHAPE_CASES } from './shape-cases.ts';

const WINDOW: ReferenceWindow = { size: [3, 2], strides: [1, 1], padding: 'valid', dilation: [1, 1] };
const WINDOWS: readonly Partial<ReferenceWindow>[] = [
  {},
  { strides: [2, 3] },
  { padding: 'same' },
  { padding: 'same', strides: [2, 2] },
  { padding: 1 },
  {
    padding: [
      [2, 0],
      [1, 3],
    ],
    strides: [2, 1],
  },
  { dilation: [2, 2] },
  { dilation: [2, 3], strides: [3, 2], padding: 'same' },
  { size: [1, 1] },
  { size: [9, 8] },
  // What tfjs-wasm's own 'same' gets wrong: a stride over the kernel in one direction only.
  { size: [2, 1], strides: [1, 2], padding: 'same' },
];
const windows = WINDOWS.map((some) => ({ ...WINDOW, ...some }));
const options = ({ size, strides, padding, dilation }: ReferenceWindow) => ({
  kernelSize: size,
  strides,
  padding,
  dilationRate: dilation,
});
const shown = (value: unknown) => JSON.stringify(value).replaceAll('"', '');
const picture = randomGrid([2, 9, 8, 4]);
const bias4 = randomGrid([4], 3);

const convolutions = windows.flatMap((window): Case[] => {
  const name = shown(window);
  const kernel = randomGrid([...window.size, 4, 4], 2);
  const narrow = randomGrid([...window.size, 2, 4], 2);
  const each = randomGrid([...window.size, 4, 2], 2);
  const single = randomGrid([...window.size, 1, 4], 2);
  const point = randomGrid([1, 1, 8, 4], 5);
  const bias8 = randomGrid([8], 3);
  const middle = referenceDepthwise(picture, each, [], window);
  return [
    {
      op: 'conv2d',
      name,
      stage: conv2d({ filters: 4, ...options(window) }),
      input: picture,
      weights: { kernel: asWeight(kernel), bias: asWeight(bias4) },
      expected: referenceConv2d(picture, kernel, bias4.data, window),
    },
    {
      op: 'conv2d, groups',
      name: `2 groups, ${name}`,
      stage: conv2d({ filters: 4, groups: 2, ...options(window) }),
      input: picture,
      weights: { kernel: asWeight(narrow), bias: asWeight(bias4) },
      expected: referenceGrouped(picture, narrow, bias4.data, window, 2),
    },
    {
      op: 'conv2d, groups',
      name: `4 groups, ${name}`,
      stage: conv2d({ filters: 4, groups: 4, useBias: false, ...options(window) }),
      input: picture,
      weights: { kernel: asWeight(single) },
      expected: referenceGrouped(picture, single, [], window, 4),
    },
    {
      op: 'depthwiseConv2d',
      name,
      stage: depthwiseConv2d({ depthMultiplier: 2, ...options(window) }),
      input: picture,
      weights: { kernel: asWeight(each), bias: asWeight(bias8) },
      expected: referenceDepthwise(picture, each, bias8.data, window),
    },
    {
      op: 'separableConv2d',
      name,
      stage: separableConv2d({ filters: 4, depthMultiplier: 2, activation: 'relu', ...options(window) }),
      input: picture,
      weights: { depthwiseKernel: asWeight(each), pointwiseKernel: asWeight(point), bias: asWeight(bias4) },
      expected: referenceActivation(referenceConv2d(middle, point, bias4.data, { ...WINDOW, size: [1, 1] }), 'relu'),
    },
  ];
});

/** Enough channels that groups are computed in several blocks: 4 groups of 16, two at a time. */
const wide = randomGrid([1, 4, 3, 64]);
const wideKernel = randomGrid([3, 3, 16, 128], 2);
const wideBias = randomGrid([128], 3);
const square: ReferenceWindow = { ...WINDOW, size: [3, 3], padding: 'same' };
const blocks: Case[] = [
  {
    op: 'conv2d, groups',
    name: '64 channels in 4 groups, relu',
    stage: conv2d({ filters: 128, groups: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
    input: wide,
    weights: { kernel: asWeight(wideKernel), bias: asWeight(wideBias) },
    expected: referenceActivation(referenceGrouped(wide, wideKernel, wideBias.data, square, 4), 'relu'),
  },
];

const TRANSPOSED: readonly (Partial<ReferenceWindow> & { readonly outputPadding?: readonly [number, number] })[] = [
  {},
  { strides: [2, 2] },
  { strides: [2, 3], outputPadding: [1, 2] },
  { strides: [3, 4] },
  { size: [4, 4], strides: [2, 2], padding: 1 },
  { size: [4, 4], strides: [2, 2], padding: 'same' },
  { size: [3, 3], strides: [2, 2], padding: 'same' },
  { size: [2, 2], strides: [3, 3], padding: 'same' },
  {
    size: [5, 2],
    strides: [1, 2],
    padding: [
      [3, 0],
      [1, 2],
    ],
  },
  { size: [3, 3], padding: 2 },
  { size: [2, 2], padding: 2 },
  { size: [1, 1], strides: [3, 2] },
  { dilation: [2, 3], strides: [2, 2], outputPadding: [0, 1] },
  { dilation: [3, 2], padding: 1 },
  { dilation: [2, 2], strides: [3, 2], padding: 'same' },
];
const transposed = TRANSPOSED.map(({ outputPadding = [0, 0], ...some }): Case => {
  const window = { ...WINDOW, ...some };
  const x = randomGrid([2, 5, 4, 3]);
  const kernel = randomGrid([...window.size, 4, 3], 2);
  return {
    op: 'conv2dTranspose',
    name: shown({ ...window, outputPadding }),
    stage: conv2dTranspose({ filters: 4, ...options(window), ...(window.padding === 'same' ? {} : { outputPadding }) }),
    input: x,
    weights: { kernel: asWeight(kernel), bias: asWeight(bias4) },
    expected: referenceTranspose(x, kernel, bias4.data, window, outputPadding),
  };
});

const POOLS: readonly Partial<ReferenceWindow>[] = [
  {},
  { strides: [1, 1] },
  { strides: [4, 5] },
  { padding: 'same' },
  { padding: 'same', strides: [2, 1] },
  { padding: 1, strides: [2, 2] },
  {
    padding: [
      [2, 0],
      [1, 0],
    ],
    strides: [1, 1],
  },
  { size: [1, 1], strides: [2, 2] },
  { size: [9, 8] },
  { size: [23, 30], strides: [1, 2], padding: 'same' },
];
const pools = POOLS.flatMap((some): Case[] => {
  const window = { ...WINDOW, ...some, strides: some.strides ?? some.size ?? WINDOW.size };
  const name = shown(window);
  const told = { poolSize: window.size, strides: window.strides, padding: window.padding };
  return [
    { op: 'maxPool', name, stage: maxPool(told), input: picture, expected: referencePool('max', picture, window) },
    { op: 'avgPool', name, stage: avgPool(told), input: picture, expected: referencePool('avg', picture, window) },
    { op: 'l2Pool', name, stage: l2Pool(told), input: picture, expected: referenceL2(picture, window, false) },
    {
      op: 'l2Pool',
      name: `mean, ${name}`,
      stage: l2Pool({ ...told, mean: true }),
      input: picture,
      expected: referenceL2(picture, window, true),
    },
  ];
});
const whole: ReferenceWindow = { ...WINDOW, size: [9, 8] };
const flat = ({ data }: Grid): Grid => ({ shape: [2, 4], data });
const globals: Case[] = [
  {
    op: 'globalAvgPool',
    name: '9 × 8',
    stage: globalAvgPool(),
    input: picture,
    expected: flat(referencePool('avg', picture, whole)),
  },
  {
    op: 'globalMaxPool',
    name: '9 × 8',
    stage: globalMaxPool(),
    input: picture,
    expected: flat(referencePool('max', picture, whole)),
  },
  {
    op: 'globalMaxPool',
    name: 'all negative',
    stage: globalMaxPool(),
    input: grid([1, 1, 2, 2], -1, -4, -3, -2),
    expected: grid([1, 2], -1, -2),
  },
];

const map5 = grid([1, 5, 5, 1], 1, 3, 2, 1, 0, 4, 8, 6, 7, 2, 3, 1, 5, 0, 4, 8, 2, 1, 9, 3, 0, 7, 4, 6, 5);
const small = grid([1, 2, 2, 1], 1, 2, 3, 4);
const byHand: Case[] = [
  // The largest of each 3 × 3 window, two steps apart.
  {
    op: 'maxPool',
    name: 'by hand, 3 × 3, stride 2',
    stage: maxPool({ poolSize: 3, strides: 2 }),
    input: map5,
    expected: grid([1, 2, 2, 1], 8, 7, 8, 9),
  },
  // √(1 + 4 + 9 + 16) = √30; their mean 7.5.
  {
    op: 'l2Pool',
    name: 'by hand',
    stage: l2Pool({ poolSize: 2 }),
    input: small,
    expected: grid([1, 1, 1, 1], Math.sqrt(30)),
  },
  {
    op: 'l2Pool',
    name: 'by hand, mean',
    stage: l2Pool({ poolSize: 2, mean: true }),
    input: small,
    expected: grid([1, 1, 1, 1], Math.sqrt(7.5)),
  },
  {
    op: 'l2Pool',
    name: 'a corner in the padding',
    stage: l2Pool({ poolSize: 2, padding: 1 }),
    input: small,
    expected: grid([1, 2, 2, 1], 1, 2, 3, 4),
  },
  {
    op: 'zeroPad',
    name: '[[1, 0], [0, 2]]',
    stage: zeroPad({
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
    input: small,
    expected: grid([1, 3, 4, 1], 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0),
  },
  {
    op: 'zeroPad',
    name: '1',
    stage: zeroPad({ padding: 1 }),
    input: grid([1, 1, 1, 1], 7),
    expected: grid([1, 3, 3, 1], 0, 0, 0, 0, 7, 0, 0, 0, 0),
  },
  { op: 'zeroPad', name: '0', stage: zeroPad({ padding: 0 }), input: picture, expected: picture },
  {
    op: 'crop',
    name: '[[1, 2], [0, 3]]',
    stage: crop({
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
    input: map5,
    expected: grid([1, 2, 2, 1], 4, 8, 3, 1),
  },
  { op: 'crop', name: '2', stage: crop({ cropping: 2 }), input: map5, expected: grid([1, 1, 1, 1], 5) },
  { op: 'crop', name: '0', stage: crop({ cropping: 0 }), input: picture, expected: picture },
  {
    op: 'upsample',
    name: 'nearest by hand',
    stage: upsample(),
    input: small,
    expected: grid([1, 4, 4, 1], 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4),
  },
  // Half-pixel centres: ¼ and ¾ between neighbours, the edges as they are.
  {
    op: 'upsample',
    name: 'bilinear by hand',
    stage: upsample({ size: [1, 2], interpolation: 'bilinear' }),
    input: grid([1, 1, 2, 1], 0, 4),
    expected: grid([1, 1, 4, 1], 0, 1, 3, 4),
  },
  { op: 'dropout', name: 'is the identity', stage: dropout({ rate: 0.9 }), input: picture, expected: picture },
  // Halves go to the even level; what is over or under all levels goes to the last one.
  {
    op: 'fakeQuantize',
    name: 'by hand',
    stage: fakeQuantize({ scale: 0.5, zeroPoint: 10 }),
    input: grid([1, 1, 8, 1], 0, 0.2, 0.25, 0.75, 1.25, -0.25, -6, 200),
    expected: grid([1, 1, 8, 1], 0, 0, 0, 1, 1, 0, -5, 122.5),
  },
  {
    op: 'reshape',
    name: 'with −1',
    stage: reshape({ shape: [4, -1] }),
    input: picture,
    expected: { shape: [2, 4, 72], data: picture.data },
  },
  {
    op: 'flatten',
    name: 'pictures',
    stage: flatten(),
    input: picture,
    expected: { shape: [2, 288], data: picture.data },
  },
  // One pixel of 2 under a kernel of 1 2 / 3 4, strides 2: two pixels side by side, each its own block; the bias 1 everywhere.
  {
    op: 'conv2dTranspose',
    name: 'by hand',
    stage: conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2 }),
    input: grid([1, 1, 2, 1], 2, 10),
    weights: {
      kernel: [
        [[[1]], [[2]]],
        [[[3]], [[4]]],
      ],
      bias: [1],
    },
    expected: grid([1, 2, 4, 1], 3, 5, 11, 21, 7, 9, 31, 41),
  },
  // Overlapping: 1 2 3 spread by 1 10 100, stride 1: 1, 10 + 2, 100 + 20 + 3, 200 + 30, 300.
  {
    op: 'conv2dTranspose',
    name: 'overlapping by hand',
    stage: conv2dTranspose({ filters: 1, kernelSize: [1, 3], useBias: false }),
    input: grid([1, 1, 3, 1], 1, 2, 3),
    weights: { kernel: [[[[1]], [[10]], [[100]]]] },
    expected: grid([1, 1, 5, 1], 1, 12, 123, 230, 300),
  },
  // Group 0 sees channel 0 only, group 1 channel 1.
  {
    op: 'conv2d, groups',
    name: 'by hand',
    stage: conv2d({ filters: 2, groups: 2, kernelSize: 1, useBias: false }),
    input: grid([1, 1, 1, 2], 3, 5),
    weights: { kernel: [[[[10, 100]]]] },
    expected: grid([1, 1, 1, 2], 30, 500),
  },
];

const upsamples = (
  [
    [2, 2],
    [3, 1],
    [1, 4],
    [5, 7],
  ] as const
).flatMap((size) =>
  (
    [
      ['nearest', 'halfPixel'],
      ['bilinear', 'halfPixel'],
      ['bilinear', 'asymmetric'],
    ] as const
  ).map(([interpolation, coordinates]): Case => {
    const x = randomGrid([2, 3, 5, 3]);
    return {
      op: 'upsample',
      name: `${interpolation}, ${coordinates}, ${shown(size)}`,
      stage: upsample({ size, interpolation, coordinates }),
      input: x,
      expected: referenceUpsample(x, size, interpolation, coordinates),
    };
  }),
);

/** To sizes that are no multiples, larger and smaller. */
const resizes = (
  [
    [2, 3],
    [5, 4],
    [7, 11],
    [3, 5],
  ] as const
).flatMap((outputSize) =>
  (['nearest', 'bilinear'] as const).flatMap((interpolation) =>
    (['halfPixel', 'asymmetric', 'alignCorners'] as const).map((coordinates): Case => {
      const x = randomGrid([2, 4, 6, 3]);
      return {
        op: 'upsample',
        name: `to ${shown(outputSize)}, ${interpolation}, ${coordinates}`,
        stage: upsample({ outputSize, interpolation, coordinates }),
        input: x,
        expected: referenceResize(x, outputSize, interpolation, coordinates),
      };
    }),
  ),
);

const values = {
  gamma: randomGrid([4], 5).data,
  beta: randomGrid([4], 6).data,
  mean: randomGrid([4], 7).data,
  variance: randomGrid([4], 8).data.map((v) => v * v + 0.1),
};
const asWeights = (some: Record<string, readonly number[]>): Weights =>
  Object.fromEntries(Object.entries(some).map(([name, data]) => [name, Float32Array.from(data)]));
const { gamma, beta, mean, variance } = values;
const norms: Case[] = [
  ...[
    [2, 9, 8, 4],
    [3, 4],
    [2, 3, 4],
  ].map((shape): Case => {
    const x = randomGrid(shape);
    return {
      op: 'batchNorm',
      name: shown(shape),
      stage: batchNorm(),
      input: x,
      weights: asWeights(values),
      expected: referenceBatchNorm(x, values, 1e-3),
    };
  }),
  {
    op: 'batchNorm',
    name: 'epsilon 1, neither scale nor center',
    stage: batchNorm({ epsilon: 1, scale: false, center: false }),
    input: picture,
    weights: asWeights({ mean, variance }),
    expected: referenceBatchNorm(picture, { gamma: [1, 1, 1, 1], beta: [0, 0, 0, 0], mean, variance }, 1),
  },
  {
    op: 'batchNorm',
    name: 'no center',
    stage: batchNorm({ center: false }),
    input: picture,
    weights: asWeights({ gamma, mean, variance }),
    expected: referenceBatchNorm(picture, { gamma, beta: [0, 0, 0, 0], mean, variance }, 1e-3),
  },
  {
    op: 'batchNorm',
    name: 'no scale',
    stage: batchNorm({ scale: false }),
    input: picture,
    weights: asWeights({ beta, mean, variance }),
    expected: referenceBatchNorm(picture, { gamma: [1, 1, 1, 1], beta, mean, variance }, 1e-3),
  },
];
// Few, and many: summed up in two ways.
const responses = ([3, 96, 130, 600] as const).flatMap((channels): Case[] => {
  const noise = randomGrid([2, 3, 2, channels]);
  const x = { shape: noise.shape, data: noise.data.map((value) => 20 * value) };
  const lrn = (
    name: string,
    told: Parameters<typeof localResponseNorm>[0],
    before: number,
    after: number,
    by: [number, number, number],
  ): Case => ({
    op: 'localResponseNorm',
    name: `${channels} channels, ${name}`,
    stage: localResponseNorm(told),
    input: x,
    expected: referenceLrn(x, before, after, by),
  });
  return [
    lrn('TF’s defaults', {}, 5, 5, [1, 1, 0.5]),
    lrn('AlexNet’s', { depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 }, 2, 2, [2, 1e-4, 0.75]),
    lrn('ONNX’s, size 5', { size: 5 }, 2, 2, [1, 1e-4 / 5, 0.75]),
    lrn('ONNX’s, even size', { size: 4, alpha: 0.1 }, 1, 2, [1, 0.1 / 4, 0.75]),
    lrn('beta 1', { depthRadius: 1, beta: 1 }, 1, 1, [1, 1, 1]),
    lrn('beta 0.6', { depthRadius: 1, beta: 0.6, alpha: 0.01 }, 1, 1, [1, 0.01, 0.6]),
    lrn('its own channel only', { depthRadius: 0 }, 0, 0, [1, 1, 0.5]),
  ];
});

const steep = { shape: picture.shape, data: picture.data.map((value) => 9 * value) };
const map = ({ shape, data }: Grid, f: (v: number) => number): Grid => ({ shape, data: data.map(f) });
const KINDS: readonly Activation[] = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'tanh',
  'elu',
  'leakyRelu',
  'gelu',
  'hardSigmoid',
  'hardSwish',
  'swish',
  'selu',
  'softplus',
  'softsign',
  'mish',
  'exponential',
  'softmax',
];
const tanhGelu = (v: number) => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
const slopes = [0.1, -0.5, 0, 2];
const activations: Case[] = [
  ...KINDS.map((kind): Case => ({
    op: 'activation',
    name: kind,
    stage: activation(kind),
    input: steep,
    expected: referenceActivation(steep, kind),
  })),
  {
    op: 'activation',
    name: 'gelu, approximate',
    stage: activation('gelu', { approximate: true }),
    input: steep,
    expected: map(steep, tanhGelu),
  },
  {
    op: 'activation',
    name: 'gelu, exact',
    stage: activation('gelu', { approximate: false }),
    input: steep,
    expected: map(steep, (v) => (v / 2) * (1 + erf(v * Math.SQRT1_2))),
  },
  {
    op: 'activation',
    name: 'leakyRelu 0.01',
    stage: activation('leakyRelu', { alpha: 0.01 }),
    input: steep,
    expected: map(steep, (v) => (v > 0 ? v : 0.01 * v)),
  },
  {
    op: 'activation',
    name: 'elu 2',
    stage: activation('elu', { alpha: 2 }),
    input: steep,
    expected: map(steep, (v) => (v > 0 ? v : 2 * Math.expm1(v))),
  },
  {
    op: 'activation',
    name: 'hardSigmoid 1/6',
    stage: activation('hardSigmoid', { alpha: 1 / 6 }),
    input: steep,
    expected: map(steep, (v) => Math.min(1, Math.max(0, v / 6 + 0.5))),
  },
  {
    op: 'activation',
    name: 'prelu per channel',
    stage: activation('prelu'),
    input: steep,
    weights: { alpha: [[slopes]] },
    expected: { shape: steep.shape, data: steep.data.map((v, i) => (v > 0 ? v : (slopes[i % 4] ?? 0) * v)) },
  },
  {
    op: 'activation',
    name: 'prelu, a slope each',
    stage: activation('prelu', { sharedAxes: [] }),
    input: grid([1, 4], -1, -2, -3, 4),
    weights: { alpha: slopes },
    expected: grid([1, 4], -0.1, 1, 0, 4),
  },
  ...[[1], [3], [1, 3]].map((sharedAxes): Case => {
    const slope = { shape: [9, 8, 4].map((size, i) => (sharedAxes.includes(i + 1) ? 1 : size)), seed: 9 };
    const alpha = randomGrid(slope.shape, slope.seed);
    const own = (...index: number[]) => at(alpha, ...index.map((place, i) => (slope.shape[i] === 1 ? 0 : place)));
    return {
      op: 'activation',
      name: `prelu, slopes shared along ${shown(sharedAxes)}`,
      stage: activation('prelu', { sharedAxes }),
      input: steep,
      weights: { alpha: asWeight(alpha) },
      expected: byIndex(steep.shape, (b = 0, ...index) => {
        const v = at(steep, b, ...index);
        return v > 0 ? v : v * own(...index);
      }),
    };
  }),
  {
    op: 'activation',
    name: 'prelu, one slope',
    stage: activation('prelu', { sharedAxes: [1, 2, 3] }),
    input: steep,
    weights: { alpha: [[[0.5]]] },
    expected: map(steep, (v) => (v > 0 ? v : v / 2)),
  },
];
const rows = randomGrid([3, 7]);
const denseKernel = randomGrid([7, 5], 2);
const bias5 = randomGrid([5], 3);
const scores = grid([1, 6], 0.87, 3.2, 0.31, 7.2, 1.2, 0.4);
const others: Case[] = [
  {
    op: 'dense',
    name: '7 to 5',
    stage: dense({ units: 5 }),
    input: rows,
    weights: { kernel: asWeight(denseKernel), bias: asWeight(bias5) },
    expected: referenceDense(rows, denseKernel, bias5.data),
  },
  { op: 'softmax', name: 'scores', stage: softmax(), input: scores, expected: referenceSoftmax(scores) },
  {
    op: 'softmax',
    name: 'temperature 3',
    stage: softmax({ temperature: 3 }),
    input: scores,
    expected: referenceSoftmax(scores, 3),
  },
];

const k1 = randomGrid([3, 3, 4, 4], 11);
const k2 = randomGrid([1, 1, 4, 4], 12);
const same: ReferenceWindow = { ...WINDOW, size: [3, 3], padding: 'same' };
const one: ReferenceWindow = { ...WINDOW, size: [1, 1] };
const c1 = referenceConv2d(picture, k1, [], same);
const c2 = referenceConv2d(picture, k2, [], one);
const plus = (a: Grid, b: Grid): Grid => ({ shape: a.shape, data: a.data.map((v, i) => v + (b.data[i] ?? NaN)) });
const beside = (a: Grid, b: Grid): Grid => {
  const pixels = Array.from({ length: a.data.length / 4 }, (_, p) => [
    a.data.slice(4 * p, 4 * p + 4),
    b.data.slice(4 * p, 4 * p + 4),
  ]);
  return { shape: [...a.shape.slice(0, 3), 8], data: pixels.flat(2) };
};
const conv3 = conv2d({
  name: 'three',
  filters: 4,
  kernelSize: 3,
  padding: 'same',
  useBias: false,
  weights: { kernel: asWeight(k1) },
});
const conv1 = conv2d({ name: 'one', filters: 4, kernelSize: 1, useBias: false, weights: { kernel: asWeight(k2) } });
const composites: Case[] = [
  { op: 'residual', name: 'x + F(x)', stage: residual(conv3), input: picture, expected: plus(picture, c1) },
  {
    op: 'residual',
    name: 'a shortcut, relu',
    stage: residual({ shortcut: conv1, activation: 'relu' }, conv3),
    input: picture,
    expected: referenceActivation(plus(c2, c1), 'relu'),
  },
  {
    op: 'residual',
    name: 'two stages',
    stage: residual(conv3, conv1),
    input: picture,
    expected: plus(picture, referenceConv2d(c1, k2, [], one)),
  },
  {
    op: 'residual',
    name: 'weights by name',
    stage: residual(
      { shortcut: conv2d({ filters: 4, kernelSize: 1, useBias: false }) },
      conv2d({ name: 'a', filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
    ),
    input: picture,
    weights: { 'a/kernel': asWeight(k1), 'shortcut/kernel': asWeight(k2) },
    expected: plus(c1, c2),
  },
  {
    op: 'concatenate',
    name: 'two branches',
    stage: concatenate(conv3, conv1),
    input: picture,
    expected: beside(c1, c2),
  },
  {
    op: 'concatenate',
    name: 'a pipeline as branch',
    stage: concatenate(conv1, pipeline({ name: 'deep' }, conv3, activation('relu'))),
    input: picture,
    expected: beside(c2, referenceActivation(c1, 'relu')),
  },
  { op: 'concatenate', name: 'one branch', stage: concatenate(conv1), input: picture, expected: c2 },
  {
    op: 'graph',
    name: 'a diamond',
    stage: graph({
      nodes: {
        a: { stage: conv3, from: 'input' },
        b: { stage: conv1, from: 'input' },
        sum: { merge: 'add', from: ['a', 'b', 'input'] },
        both: { merge: 'concatenate', from: ['sum', 'a'] },
      },
      output: 'both',
    }),
    input: picture,
    expected: beside(plus(plus(c1, c2), picture), c1),
  },
  {
    op: 'graph',
    name: 'squeeze and broadcast',
    stage: graph({
      input: 'x',
      nodes: {
        scaled: { merge: 'multiply', from: ['x', 'mean'] },
        mean: { stage: avgPool({ poolSize: [9, 8] }), from: 'x' },
      },
      output: 'scaled',
    }),
    input: picture,
    expected: {
      shape: picture.shape,
      data: picture.data.map(
        (v, i) => v * (referencePool('avg', picture, whole).data[Math.floor(i / 288) * 4 + (i % 4)] ?? NaN),
      ),
    },
  },
  {
    op: 'graph',
    name: 'the same value twice, maximum, minimum, subtract, divide',
    stage: graph({
      nodes: {
        m: { merge: 'maximum', from: ['input', 'input'] },
        n: { merge: 'minimum', from: ['m', 'input'] },
        d: { merge: 'divide', from: ['n', 'input'] },
        s: { merge: 'subtract', from: ['input', 'd'] },
      },
      output: 's',
    }),
    input: small,
    expected: grid([1, 2, 2, 1], 0, 1, 2, 3),
  },
];

/** Zeros that a stage of their own puts there do win, and do count; what merges the two must not forget it. */
const below = { shape: small.shape.with(3, 2), data: [-1, -2, -3, -4, -5, -6, -7, -8] };
const asItIs = conv2d({
  filters: 2,
  kernelSize: 1,
  useBias: false,
  weights: {
    kernel: [
      [
        [
          [1, 0],
          [0, 1],
        ],
      ],
    ],
  },
});
const zerosAround = ([1, 3] as const).flatMap((around): Case[] => {
  const side = 2 + 2 * around;
  const padded = randomGrid([1, side, side, 2]);
  const zeros = {
    shape: padded.shape,
    data: padded.data.map((_, i) => {
      const [y, z] = [Math.floor(i / 2 / side) - around, (Math.floor(i / 2) % side) - around];
      return y >= 0 && y < 2 && z >= 0 && z < 2 ? (below.data[4 * y + 2 * z + (i % 2)] ?? NaN) : 0;
    }),
  };
  const window: ReferenceWindow = { ...WINDOW, size: [2, 2], strides: [1, 1] };
  const told = { poolSize: 2, strides: 1 };
  const behind = (pool: AnyStage) => pipeline(asItIs, zeroPad({ padding: around }), pool as typeof asItIs) as AnyStage;
  const name = `behind a zeroPad of ${around}`;
  return [
    { op: 'maxPool', name, stage: behind(maxPool(told)), input: below, expected: referencePool('max', zeros, window) },
    { op: 'avgPool', name, stage: behind(avgPool(told)), input: below, expected: referencePool('avg', zeros, window) },
    { op: 'l2Pool', name, stage: behind(l2Pool(told)), input: below, expected: referenceL2(zeros, window, false) },
  ];
});

/** Each function inside each stage that can have one: some are fused by the backends, some are not. */
const near = randomGrid([1, 4, 3, 4], 21);
const point4 = randomGrid([1, 1, 4, 4], 22);
const each4 = randomGrid([1, 1, 4, 1], 23);
const rows4: Grid = { shape: [3, 16], data: near.data };
const kernel16 = randomGrid([16, 5], 24);
const fused = ACTIVATIONS.flatMap((kind): Case[] => {
  const told = { kernelSize: 1, activation: kind } as const;
  const after = (x: Grid) => referenceActivation(x, kind);
  const bias = asWeight(bias4);
  const mixed = (x: Grid) => referenceConv2d(x, point4, bias4.data, one);
  return [
    {
      op: 'conv2d',
      name: `then ${kind}`,
      stage: conv2d({ ...told, filters: 4 }),
      input: near,
      weights: { kernel: asWeight(point4), bias },
      expected: after(mixed(near)),
    },
    {
      op: 'conv2d, groups',
      name: `then ${kind}`,
      stage: conv2d({ ...told, filters: 4, groups: 4 }),
      input: near,
      weights: { kernel: asWeight({ ...each4, shape: [1, 1, 1, 4] }), bias },
      expected: after(referenceDepthwise(near, each4, bias4.data, one)),
    },
    {
      op: 'depthwiseConv2d',
      name: `then ${kind}`,
      stage: depthwiseConv2d(told),
      input: near,
      weights: { kernel: asWeight(each4), bias },
      expected: after(referenceDepthwise(near, each4, bias4.data, one)),
    },
    {
      op: 'separableConv2d',
      name: `then ${kind}`,
      stage: separableConv2d({ ...told, filters: 4 }),
      input: near,
      weights: { depthwiseKernel: asWeight(each4), pointwiseKernel: asWeight(point4), bias },
      expected: after(mixed(referenceDepthwise(near, each4, [], one))),
    },
    {
      op: 'conv2dTranspose',
      name: `then ${kind}`,
      stage: conv2dTranspose({ ...told, filters: 4 }),
      input: near,
      weights: { kernel: asWeight(point4), bias },
      expected: after(referenceTranspose(near, point4, bias4.data, one, [0, 0])),
    },
    {
      op: 'dense',
      name: `then ${kind}`,
      stage: dense({ units: 5, activation: kind }),
      input: rows4,
      weights: { kernel: asWeight(kernel16), bias: asWeight(bias5) },
      expected: after(referenceDense(rows4, kernel16, bias5.data)),
    },
    {
      op: 'residual',
      name: `then ${kind}`,
      stage: residual({ activation: kind }, conv2d({ name: 'c', filters: 4, kernelSize: 1 })),
      input: near,
      weights: { 'c/kernel': asWeight(point4), 'c/bias': bias },
      expected: after(plus(mixed(near), near)),
    },
  ];
});

/** Every stage with every option, its answers from definitions in nested loops or by hand. */
export const CASES: readonly Case[] = [
  ...convolutions,
  ...blocks,
  ...transposed,
  ...pools,
  ...globals,
  ...byHand,
  ...upsamples,
  ...resizes,
  ...norms,
  ...responses,
  ...activations,
  ...others,
  ...composites,
  ...fused,
  ...zerosAround,
  ...MATH_CASES,
  ...SEQUENCE_CASES,
  ...SHAPE_CASES,
];
