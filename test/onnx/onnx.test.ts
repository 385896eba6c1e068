import { InferenceSession, Tensor } from 'onnxruntime-node';
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
  globalAvgPool,
  globalMaxPool,
  graph,
  l2Pool,
  localResponseNorm,
  maxPool,
  pipeline,
  softmax,
  upsample,
  useEngine,
  zeroPad,
  type AnyStage,
  type Weights,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { asWeight, compute, ENGINES, expectClose, randomGrid, TOLERANCE } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';
import { writeOnnx, type Attribute, type OneNode } from './write-onnx.ts';

// ONNX Runtime is the oracle: what our doc comments call ONNX's is held against what runs it.

interface Case {
  readonly name: string;
  readonly stage: AnyStage;
  readonly weights?: Weights;
  readonly node: Omit<OneNode, 'shapes' | 'inputs'> & { readonly inputs?: readonly string[] };
  /** Default: a picture of [2, 7, 6, 4]. */
  readonly input?: Grid;
}

const x = randomGrid([2, 7, 6, 4]);

/** ONNX has channels before height and width. */
function channelsFirst({ shape, data }: Grid): Grid {
  if (shape.length !== 4) return { shape, data };
  const [b = 0, h = 0, w = 0, c = 0] = shape;
  return permuted([b, c, h, w], (n, k, i, j) => data[((n * h + i) * w + j) * c + k] ?? NaN);
}

function channelsLast({ shape, data }: Grid): Grid {
  if (shape.length !== 4) return { shape, data };
  const [b = 0, c = 0, h = 0, w = 0] = shape;
  return permuted([b, h, w, c], (n, i, j, k) => data[((n * c + k) * h + i) * w + j] ?? NaN);
}

function permuted(shape: readonly number[], at: (a: number, b: number, c: number, d: number) => number): Grid {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  const data: number[] = [];
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) for (let l = 0; l < d; l++) data.push(at(i, j, k, l));
  return { shape, data };
}

/** `[height, width, channels, filters]` as ONNX has it: `[filters, channels, height, width]`. */
function filtersFirst({ shape: [h = 0, w = 0, c = 0, f = 0], data }: Grid): Grid {
  return permuted([f, c, h, w], (n, k, i, j) => data[((i * w + j) * c + k) * f + n] ?? NaN);
}

/** A depthwise kernel `[height, width, channels, multiplier]` as ONNX has it: `[channels · multiplier, 1, height, width]`. */
function depthwiseFirst({ shape: [h = 0, w = 0, c = 0, m = 0], data }: Grid): Grid {
  return permuted([c * m, 1, h, w], (n, _one, i, j) => data[(i * w + j) * c * m + n] ?? NaN);
}

/** A transposed kernel `[height, width, filters, channels]` as ONNX has it: `[channels, filters, height, width]`. */
const channelsThenFilters = filtersFirst;

async function byOnnxRuntime({ node, input = x }: Case): Promise<Grid> {
  const given = channelsFirst(input);
  const inputs = node.inputs ?? ['x', ...Object.keys(node.initializers ?? {})];
  const session = await InferenceSession.create(writeOnnx({ ...node, inputs, shapes: { x: given.shape } }));
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(given.data), given.shape) });
  const result = channelsLast({ shape: y?.dims ?? [], data: Array.from((y?.data ?? []) as Float32Array) });
  await session.release();
  return result;
}

type Window = {
  kernelSize: [number, number];
  strides?: [number, number];
  dilationRate?: [number, number];
  padding?: 'same' | 'valid' | number | [[number, number], [number, number]];
};

/** A window's arguments by ONNX's names. */
function windowOf({ kernelSize, strides = [1, 1], dilationRate, padding = 0 }: Window): Record<string, Attribute> {
  const [[top, bottom], [left, right]] =
    typeof padding === 'object'
      ? padding
      : typeof padding === 'number'
        ? [
            [padding, padding],
            [padding, padding],
          ]
        : [
            [0, 0],
            [0, 0],
          ];
  return {
    kernel_shape: kernelSize,
    strides,
    ...(dilationRate ? { dilations: dilationRate } : {}),
    ...(padding === 'same'
      ? { auto_pad: 'SAME_UPPER' }
      : padding === 'valid'
        ? { auto_pad: 'VALID' }
        : { pads: [top, left, bottom, right] }),
  };
}

const bias = randomGrid([6], 3);
const WINDOWS: Readonly<Record<string, Window>> = {
  valid: { kernelSize: [3, 3], padding: 'valid' },
  // Strides no larger than the window: ONNX Runtime computes a negative padding there.
  'same, strides': { kernelSize: [3, 2], strides: [2, 2], padding: 'same' },
  'padding of one number': { kernelSize: [2, 3], padding: 2, strides: [1, 2] },
  'padding of each side': {
    kernelSize: [3, 3],
    padding: [
      [0, 2],
      [1, 0],
    ],
    strides: [2, 2],
  },
  dilation: { kernelSize: [3, 2], dilationRate: [2, 3], padding: 1 },
};

function convolutions(): Case[] {
  return Object.entries(WINDOWS).flatMap(([name, window]) => {
    const [h, w] = window.kernelSize;
    const kernel = randomGrid([h, w, 4, 6], 2);
    const grouped = randomGrid([h, w, 2, 6], 2);
    const deep = randomGrid([h, w, 4, 2], 2);
    const bias8 = randomGrid([8], 3);
    const B = asWeight(bias);
    return [
      {
        name: `Conv, ${name}`,
        stage: conv2d({ filters: 6, ...window }),
        weights: { kernel: asWeight(kernel), bias: B },
        node: { op: 'Conv', attributes: windowOf(window), initializers: { W: asWeight(filtersFirst(kernel)), B } },
      },
      {
        name: `Conv in groups, ${name}`,
        stage: conv2d({ filters: 6, groups: 2, ...window }),
        weights: { kernel: asWeight(grouped), bias: B },
        node: {
          op: 'Conv',
          attributes: { ...windowOf(window), group: 2 },
          initializers: { W: asWeight(filtersFirst(grouped)), B },
        },
      },
      {
        name: `Conv of single channels, ${name}`,
        stage: depthwiseConv2d({ depthMultiplier: 2, ...window }),
        weights: { kernel: asWeight(deep), bias: asWeight(bias8) },
        node: {
          op: 'Conv',
          attributes: { ...windowOf(window), group: 4 },
          initializers: { W: asWeight(depthwiseFirst(deep)), B: asWeight(bias8) },
        },
      },
    ] as Case[];
  });
}

function transposed(): Case[] {
  const windows: readonly [string, Window, [number, number]][] = [
    ['plain', { kernelSize: [3, 3] }, [0, 0]],
    ['strides and padding', { kernelSize: [4, 3], strides: [2, 3], padding: 1 }, [0, 0]],
    ['outputPadding', { kernelSize: [3, 3], strides: [2, 2], padding: 1 }, [1, 1]],
    ['a stride over the kernel', { kernelSize: [2, 2], strides: [3, 4] }, [1, 2]],
    [
      'dilation',
      {
        kernelSize: [3, 2],
        strides: [2, 1],
        dilationRate: [2, 3],
        padding: [
          [1, 0],
          [2, 1],
        ],
      },
      [0, 0],
    ],
  ];
  return windows.map(([name, window, outputPadding]) => {
    const kernel = randomGrid([...window.kernelSize, 6, 4], 2);
    return {
      name: `ConvTranspose, ${name}`,
      stage: conv2dTranspose({ filters: 6, outputPadding, ...window }),
      weights: { kernel: asWeight(kernel), bias: asWeight(bias) },
      node: {
        op: 'ConvTranspose',
        attributes: { ...windowOf(window), output_padding: outputPadding },
        initializers: { W: asWeight(channelsThenFilters(kernel)), B: asWeight(bias) },
      },
    };
  });
}

function pools(): Case[] {
  return Object.entries(WINDOWS)
    .filter(([, { dilationRate }]) => !dilationRate)
    .flatMap(([name, window]) => {
      const { kernelSize: poolSize, strides = [1, 1] } = window;
      const padding = typeof window.padding === 'number' ? 1 : (window.padding ?? 'valid');
      const options = { poolSize, strides, padding };
      const attributes = windowOf({ ...window, padding });
      return [
        { name: `MaxPool, ${name}`, stage: maxPool(options), node: { op: 'MaxPool', attributes } },
        {
          name: `AveragePool, ${name}`,
          stage: avgPool(options),
          node: { op: 'AveragePool', attributes: { ...attributes, count_include_pad: 0 } },
        },
        {
          name: `LpPool, ${name}`,
          stage: l2Pool(options),
          node: { op: 'LpPool', attributes: { ...attributes, p: 2 } },
        },
      ];
    });
}

function functions(): Case[] {
  const wide = { ...x, data: x.data.map((value) => value * 8) };
  const one = (name: string, stage: AnyStage, op: string, attributes: Record<string, Attribute> = {}): Case => ({
    name,
    stage,
    node: { op, attributes },
    input: wide,
  });
  const slopes = randomGrid([1, 1, 4], 5);
  return [
    one('Relu', activation('relu'), 'Relu'),
    one('Sigmoid', activation('sigmoid'), 'Sigmoid'),
    one('Tanh', activation('tanh'), 'Tanh'),
    one('Elu', activation('elu'), 'Elu'),
    one('Elu of another depth', activation('elu', { alpha: 1.5 }), 'Elu', { alpha: { float: 1.5 } }),
    one("LeakyRelu with ONNX's slope", activation('leakyRelu', { alpha: 0.01 }), 'LeakyRelu'),
    one('HardSigmoid', activation('hardSigmoid'), 'HardSigmoid'),
    one('HardSwish', activation('hardSwish'), 'HardSwish'),
    one('Gelu', activation('gelu'), 'Gelu'),
    one('Gelu by tanh', activation('gelu', { approximate: true }), 'Gelu', { approximate: 'tanh' }),
    {
      ...one('PRelu', activation('prelu'), 'PRelu'),
      weights: { alpha: asWeight(slopes) },
      node: { op: 'PRelu', initializers: { slope: { shape: [4, 1, 1], data: asWeight(slopes).data } } },
    },
    { ...one('Softmax', softmax(), 'Softmax', { axis: 1 }), input: randomGrid([3, 9], 4) },
    {
      ...one('Clip to 6', activation('relu6'), 'Clip'),
      node: {
        op: 'Clip',
        initializers: { low: { shape: [], data: Float32Array.of(0) }, high: { shape: [], data: Float32Array.of(6) } },
      },
    },
  ];
}

function others(): Case[] {
  const [gamma, beta, mean] = [4, 5, 6].map((seed) => asWeight(randomGrid([4], seed)));
  const variance = { shape: [4], data: Float32Array.of(0.5, 1, 2, 0.1) };
  const flat = randomGrid([2, 7], 8);
  const matrix = asWeight(randomGrid([7, 6], 9));
  const ints = (...values: number[]) => values;
  return [
    {
      name: 'BatchNormalization',
      stage: batchNorm({ epsilon: 1e-5 }),
      weights: { gamma, beta, mean, variance } as Weights,
      node: {
        op: 'BatchNormalization',
        initializers: { scale: gamma, B: beta, mean, var: variance } as OneNode['initializers'] & object,
      },
    },
    // ONNX Runtime takes odd sizes only.
    ...[1, 3, 5].map((size): Case => ({
      name: `LRN of ${size}`,
      stage: localResponseNorm({ size, alpha: 0.5, bias: 2 }) as AnyStage,
      node: { op: 'LRN', attributes: { size, alpha: { float: 0.5 }, bias: { float: 2 } } },
    })),
    {
      name: 'Gemm',
      stage: dense({ units: 6 }),
      weights: { kernel: matrix, bias: asWeight(bias) },
      input: flat,
      node: { op: 'Gemm', initializers: { W: matrix, B: asWeight(bias) } },
    },
    {
      name: 'Resize nearest',
      stage: upsample({ size: [2, 3] }),
      node: {
        op: 'Resize',
        attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
        inputs: ['x', '', 'scales'],
        initializers: { scales: { shape: [4], data: Float32Array.of(1, 1, 2, 3) } },
      },
    },
    ...(['halfPixel', 'asymmetric'] as const).map((coordinates): Case => ({
      name: `Resize linear, ${coordinates}`,
      stage: upsample({ size: [2, 3], interpolation: 'bilinear', coordinates }) as AnyStage,
      node: {
        op: 'Resize',
        attributes: {
          mode: 'linear',
          coordinate_transformation_mode: coordinates === 'halfPixel' ? 'half_pixel' : 'asymmetric',
        },
        inputs: ['x', '', 'scales'],
        initializers: { scales: { shape: [4], data: Float32Array.of(1, 1, 2, 3) } },
      },
    })),
    // Opset 2 and 1 have these as attributes, later ones as inputs of whole numbers.
    {
      name: 'Pad',
      stage: zeroPad({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      node: { op: 'Pad', opset: 10, attributes: { pads: ints(0, 0, 1, 0, 0, 0, 2, 3) } },
    },
    {
      name: 'Slice',
      stage: crop({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
      node: { op: 'Slice', opset: 9, attributes: { axes: ints(2, 3), starts: ints(1, 0), ends: ints(5, 3) } },
    },
    {
      name: 'Concat',
      stage: concatenate(activation('linear'), activation('linear', { name: 'again' })),
      node: { op: 'Concat', attributes: { axis: 1 }, inputs: ['x', 'x'] },
    },
    { name: 'GlobalAveragePool', stage: globalAvgPool(), node: { op: 'GlobalAveragePool' } },
    { name: 'GlobalMaxPool', stage: globalMaxPool(), node: { op: 'GlobalMaxPool' } },
    ...(
      [
        ['add', 'Add'],
        ['subtract', 'Sub'],
        ['multiply', 'Mul'],
        ['divide', 'Div'],
        ['maximum', 'Max'],
        ['minimum', 'Min'],
        ['average', 'Mean'],
      ] as const
    ).map(([merge, op]): Case => {
      const half = { mean: asWeight(randomGrid([4], 6)), variance: { shape: [4], data: new Float32Array(4).fill(1) } };
      const stage = graph({
        nodes: {
          other: { stage: batchNorm({ epsilon: 0, scale: false, center: false, weights: half }), from: 'input' },
          y: { merge, from: ['input', 'other'] },
        },
        output: 'y',
      });
      const shifted = {
        shape: x.shape,
        data: x.data.map((value, i) => Math.fround(value - (half.mean.data[i % 4] ?? 0))),
      };
      return {
        name: op,
        stage: stage,
        node: { op, initializers: { other: asWeight(channelsFirst(shifted)) } },
      };
    }),
  ];
}

const CASES = [...convolutions(), ...transposed(), ...pools(), ...functions(), ...others()];

describe.each(ENGINES)('as ONNX Runtime has it, on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  it.each(CASES.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { stage, weights, input = x } = one;
    const wanted = await byOnnxRuntime(one);
    // Ours gives rows where ONNX keeps a picture of one pixel.
    const expected = one.name.startsWith('Global')
      ? { shape: [wanted.shape[0] ?? 0, wanted.shape[3] ?? 0], data: wanted.data }
      : wanted;
    expectClose(compute(stage as never, input, weights), expected, TOLERANCE);
  });
});

it('a network of several: LeNet-5 in miniature', async () => {
  await useEngine('wasm');
  const net = pipeline(
    { inputShape: [1, 8, 8, 1] },
    conv2d({ filters: 2, kernelSize: 3, activation: 'relu', seed: 1 }),
  );
  const input = randomGrid([1, 8, 8, 1]);
  const { 'conv2d/kernel': kernel, 'conv2d/bias': B } = net.weights([1, 8, 8, 1]);
  if (!kernel || !B) throw new Error('the weights are not there');
  const W = asWeight(filtersFirst({ shape: kernel.shape, data: Array.from(kernel.data) }));
  const wanted = await byOnnxRuntime({
    name: '',
    stage: net,
    input,
    node: { op: 'Conv', initializers: { W, B } },
  });
  expectClose(compute(net, input), { ...wanted, data: wanted.data.map((value) => Math.max(0, value)) });
  expect(wanted.data.some((value) => value < 0)).toBe(true);
});
