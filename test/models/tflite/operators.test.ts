import * as tf from '@tensorflow/tfjs-core';
import { tfliteModel, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../support/compute.ts';
import { randomFrom } from '../../support/random.ts';
import { tfliteRuntime } from './by-tflite.ts';
import { TfliteWriter, type Field } from './tflite-writer.ts';

// Each operator in a file of its own, against TensorFlow.js's function of the same name, or nested loops.

const random = randomFrom(11);
const numbers = (shape: readonly number[], low = -1, high = 1) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => low + random() * (high - low));
const byte = (value: number): Field => ({ byte: value });
const int = (value: number): Field => ({ int: value });
const float = (value: number): Field => ({ float: value });
const [SAME, VALID] = [byte(0), byte(1)];
const [NONE, RELU, RELU_N1_TO_1, RELU6, TANH] = [0, 1, 2, 3, 4].map(byte) as [Field, Field, Field, Field, Field];

type Picture = tf.Tensor4D;

interface Case {
  readonly shape: readonly number[];
  readonly make: (file: TfliteWriter, x: number) => number;
  readonly expected: (x: Picture) => tf.Tensor;
  /** The range of the input. */
  readonly range?: readonly [number, number];
}

const file = (make: Case['make'], shape: readonly number[]) => {
  const writer = new TfliteWriter();
  return writer.finish([make(writer, writer.input(shape))]);
};

/** A list of whole numbers; padding is pairs of them. */
function listOf(writer: TfliteWriter, op: string, values: readonly number[]): number {
  const isPadding = op.includes('PAD');
  return isPadding
    ? writer.constant([values.length / 2, 2], Int32Array.from(values), { type: 'int32' })
    : writer.ints(...values);
}

/** An operator of one input, and constants after it. */
function single(
  op: string,
  output: readonly number[],
  options: readonly Field[],
  expected: Case['expected'],
  {
    shape = [1, 5, 6, 4] as readonly number[],
    after = [] as readonly (readonly number[])[],
    range = [-2, 2] as readonly [number, number],
  } = {},
): Case {
  const make = (writer: TfliteWriter, x: number) =>
    writer.op(op, [x, ...after.map((values) => listOf(writer, op, values))], output, options);
  return { shape, make, expected, range };
}

const P = [1, 5, 6, 4] as const;
const kernel = numbers([6, 3, 3, 4]);
const bias = numbers([6]);
const hwio = (of: Float32Array, [o, h, w, c]: readonly [number, number, number, number]) =>
  tf.transpose(tf.tensor4d(of, [o, h, w, c]), [1, 2, 3, 0]);

function convolution(
  options: readonly Field[],
  expected: (x: Picture, w: Picture, b: tf.Tensor1D) => tf.Tensor,
  size: readonly [number, number],
): Case {
  return {
    shape: P,
    make: (writer, x) => {
      const [w, b] = [writer.constant([6, 3, 3, 4], kernel), writer.constant([6], bias)];
      return writer.op('CONV_2D', [x, w, b], [1, ...size, 6], options);
    },
    expected: (x) => expected(x, hwio(kernel, [6, 3, 3, 4]), tf.tensor1d(bias)),
  };
}

const depthKernel = numbers([1, 3, 3, 8]);
const depthBias = numbers([8]);
function depthwise(
  options: readonly Field[],
  expected: (x: Picture, w: Picture) => tf.Tensor,
  size: readonly [number, number],
): Case {
  return {
    shape: P,
    make: (writer, x) => {
      const [w, b] = [writer.constant([1, 3, 3, 8], depthKernel), writer.constant([8], depthBias)];
      return writer.op('DEPTHWISE_CONV_2D', [x, w, b], [1, ...size, 8], options);
    },
    expected: (x) => expected(x, tf.tensor4d(depthKernel, [3, 3, 4, 2])).add(tf.tensor1d(depthBias)),
  };
}

/** A convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND. */
function dilated(depth: boolean): Case {
  return {
    shape: [1, 7, 9, 4],
    make: (writer, x) => {
      // SAME with a dilation of 2: two rows and columns around, and one more at the end, to make the size even.
      const [block, pads, crops] = [
        writer.ints(2, 2),
        writer.constant([2, 2], Int32Array.of(2, 3, 2, 3), { type: 'int32' }),
        writer.constant([2, 2], Int32Array.of(0, 1, 0, 1), { type: 'int32' }),
      ];
      const cut = writer.op('SPACE_TO_BATCH_ND', [x, block, pads], [4, 6, 7, 4]);
      const w = depth ? writer.constant([1, 3, 3, 8], depthKernel) : writer.constant([6, 3, 3, 4], kernel);
      const b = writer.constant([depth ? 8 : 6], new Float32Array(depth ? 8 : 6));
      const options = depth ? [VALID, int(1), int(1), int(2), RELU] : [VALID, int(1), int(1), RELU];
      const y = writer.op(depth ? 'DEPTHWISE_CONV_2D' : 'CONV_2D', [cut, w, b], [4, 4, 5, depth ? 8 : 6], options);
      return writer.op('BATCH_TO_SPACE_ND', [y, writer.ints(2, 2), crops], [1, 7, 9, depth ? 8 : 6]);
    },
    expected: (x) =>
      tf.relu(
        depth
          ? tf.depthwiseConv2d(x, tf.tensor4d(depthKernel, [3, 3, 4, 2]), 1, 'same', 'NHWC', 2)
          : tf.conv2d(x, hwio(kernel, [6, 3, 3, 4]), 1, 'same', 'NHWC', 2),
      ),
  };
}

function transposedConvolution(
  padding: Field,
  size: readonly [number, number],
  pad: 'same' | 'valid',
  kernelSize = 3,
): Case {
  const w = numbers([5, kernelSize, kernelSize, 4]);
  return {
    shape: P,
    make: (writer, x) => {
      const shape = writer.ints(1, ...size, 5);
      return writer.op(
        'TRANSPOSE_CONV',
        [shape, writer.constant([5, kernelSize, kernelSize, 4], w), x],
        [1, ...size, 5],
        [padding, int(2), int(2)],
      );
    },
    expected: (x) =>
      tf.conv2dTranspose(
        x,
        tf.transpose(tf.tensor4d(w, [5, kernelSize, kernelSize, 4]), [1, 2, 0, 3]),
        [1, ...size, 5],
        2,
        pad,
      ),
  };
}

/** Two operands, of which the second is a constant. */
function withConstant(
  op: string,
  shape: readonly number[],
  options: readonly Field[],
  expected: (x: Picture, c: tf.Tensor) => tf.Tensor,
  low = 0.5,
  range: readonly [number, number] = [0.1, 2],
): Case {
  const values = numbers(shape, low, low + 1);
  return {
    shape: P,
    make: (writer, x) => writer.op(op, [x, writer.constant(shape, values)], P, options),
    expected: (x) => expected(x, tf.tensor(values, [...shape])),
    range,
  };
}

const dense = numbers([3, 24]);
const small = numbers([3, 4]);

const CASES: Readonly<Record<string, Case>> = {
  'CONV_2D same': convolution([SAME, int(1), int(1), NONE], (x, w, b) => tf.conv2d(x, w, 1, 'same').add(b), [5, 6]),
  'CONV_2D valid, strides of 2 and 1, relu6': convolution(
    [VALID, int(1), int(2), RELU6],
    (x, w, b) => tf.relu6(tf.conv2d(x, w, [2, 1], 'valid').add(b)),
    [2, 4],
  ),
  'CONV_2D same, stride 2, relu': convolution(
    [SAME, int(2), int(2), RELU],
    (x, w, b) => tf.relu(tf.conv2d(x, w, 2, 'same').add(b)),
    [3, 3],
  ),
  'CONV_2D dilated, tanh': convolution(
    [SAME, int(1), int(1), TANH, int(2), int(2)],
    (x, w, b) => tf.tanh(tf.conv2d(x, w, 1, 'same', 'NHWC', 2).add(b)),
    [5, 6],
  ),
  'CONV_2D relu from −1 to 1': convolution(
    [SAME, int(1), int(1), RELU_N1_TO_1],
    (x, w, b) => tf.clipByValue(tf.conv2d(x, w, 1, 'same').add(b), -1, 1),
    [5, 6],
  ),
  'CONV_2D in two groups': {
    shape: P,
    make: (writer, x) =>
      writer.op(
        'CONV_2D',
        [x, writer.constant([6, 1, 1, 2], kernel.slice(0, 12)), writer.constant([6], new Float32Array(6))],
        [1, 5, 6, 6],
        [SAME, int(1), int(1), NONE],
      ),
    expected: (x) => {
      const parts = tf
        .split(x, 2, 3)
        .map((part, i) => tf.conv2d(part as Picture, hwio(kernel.slice(6 * i, 6 * i + 6), [3, 1, 1, 2]), 1, 'same'));
      return tf.concat(parts, 3);
    },
  },
  'DEPTHWISE_CONV_2D same, a multiplier of 2': depthwise(
    [SAME, int(1), int(1), int(2), NONE],
    (x, w) => tf.depthwiseConv2d(x, w, 1, 'same'),
    [5, 6],
  ),
  'DEPTHWISE_CONV_2D valid, stride 2': depthwise(
    [VALID, int(2), int(2), int(2), NONE],
    (x, w) => tf.depthwiseConv2d(x, w, 2, 'valid'),
    [2, 2],
  ),
  'DEPTHWISE_CONV_2D dilated': depthwise(
    [SAME, int(1), int(1), int(2), NONE, int(2), int(2)],
    (x, w) => tf.depthwiseConv2d(x, w, 1, 'same', 'NHWC', 2),
    [5, 6],
  ),
  'a dilated CONV_2D as SPACE_TO_BATCH_ND': dilated(false),
  'a dilated DEPTHWISE_CONV_2D as SPACE_TO_BATCH_ND': dilated(true),
  'TRANSPOSE_CONV same': transposedConvolution(SAME, [10, 12], 'same'),
  'TRANSPOSE_CONV same, an odd size': transposedConvolution(SAME, [9, 11], 'same'),
  'TRANSPOSE_CONV valid': transposedConvolution(VALID, [11, 13], 'valid'),
  'TRANSPOSE_CONV valid, a stride over the kernel': transposedConvolution(VALID, [10, 12], 'valid', 1),
  Convolution2DTransposeBias: {
    shape: P,
    make: (writer, x) => {
      const inputs = [x, writer.constant([6, 2, 2, 4], kernel.slice(0, 96)), writer.constant([6], bias)];
      const custom = new Uint8Array(Int32Array.of(1, 2, 2).buffer);
      return writer.ops('Convolution2DTransposeBias', inputs, [[1, 10, 12, 6]], [], { custom })[0] as number;
    },
    expected: (x) =>
      tf
        .conv2dTranspose(
          x,
          tf.transpose(tf.tensor4d(kernel.slice(0, 96), [6, 2, 2, 4]), [1, 2, 0, 3]),
          [1, 10, 12, 6],
          2,
          'same',
        )
        .add(tf.tensor1d(bias)),
  },
  'FULLY_CONNECTED of a picture': {
    shape: [1, 2, 3, 4],
    make: (writer, x) =>
      writer.op(
        'FULLY_CONNECTED',
        [x, writer.constant([3, 24], dense), writer.constant([3], bias.slice(0, 3))],
        [1, 3],
        [RELU, byte(0), byte(0)],
      ),
    expected: (x) =>
      tf.relu(
        tf.matMul(x.reshape([1, 24]), tf.tensor2d(dense, [3, 24]), false, true).add(tf.tensor1d(bias.slice(0, 3))),
      ),
  },
  'FULLY_CONNECTED that keeps its dimensions, without a bias': {
    shape: P,
    make: (writer, x) =>
      writer.op('FULLY_CONNECTED', [x, writer.constant([3, 4], small), -1], [1, 5, 6, 3], [NONE, byte(0), byte(1)]),
    expected: (x) => tf.matMul(x.reshape([30, 4]), tf.tensor2d(small, [3, 4]), false, true).reshape([1, 5, 6, 3]),
  },
  BATCH_MATMUL: {
    shape: P,
    make: (writer, x) =>
      writer.op('BATCH_MATMUL', [x, writer.constant([3, 4], small)], [1, 5, 6, 3], [byte(0), byte(1)]),
    expected: (x) => tf.matMul(x.reshape([30, 4]), tf.tensor2d(small, [3, 4]), false, true).reshape([1, 5, 6, 3]),
  },
  'ADD of a constant': withConstant('ADD', [4], [NONE], (x, c) => x.add(c)),
  'SUB of a constant, relu': withConstant('SUB', [1, 1, 1, 4], [RELU], (x, c) => tf.relu(x.sub(c))),
  'MUL of a constant of all dimensions': withConstant('MUL', [5, 6, 4], [NONE], (x, c) => x.mul(c)),
  'DIV by a number': withConstant('DIV', [], [NONE], (x, c) => x.div(c)),
  MAXIMUM: withConstant('MAXIMUM', [4], [], (x, c) => tf.maximum(x, c)),
  MINIMUM: withConstant('MINIMUM', [4], [], (x, c) => tf.minimum(x, c)),
  POW: withConstant('POW', [], [], (x, c) => tf.pow(x, c), 1.2),
  SQUARED_DIFFERENCE: withConstant('SQUARED_DIFFERENCE', [4], [], (x, c) => tf.squaredDifference(x, c)),
  'PRELU, one slope for each channel': withConstant('PRELU', [1, 1, 4], [], (x, c) => tf.prelu(x, c), 0.1, [-2, 2]),
  'ADD of two values, relu6': {
    shape: P,
    make: (writer, x) => writer.op('ADD', [x, writer.op('EXP', [x], P)], P, [RELU6]),
    expected: (x) => tf.relu6(x.add(tf.exp(x))),
    range: [-3, 3],
  },
  'MUL of a picture and one value for each channel': {
    shape: P,
    make: (writer, x) =>
      writer.op('MUL', [x, writer.op('MEAN', [x, writer.ints(1, 2)], [1, 1, 1, 4], [byte(1)])], P, [NONE]),
    expected: (x) => x.mul(tf.mean(x, [1, 2], true)),
  },
  'CONCATENATION of channels': {
    shape: P,
    make: (writer, x) => writer.op('CONCATENATION', [x, writer.op('ABS', [x], P)], [1, 5, 6, 8], [int(3), NONE]),
    expected: (x) => tf.concat([x, tf.abs(x)], 3),
  },
  'CONCATENATION of rows, axis −3': {
    shape: P,
    make: (writer, x) => writer.op('CONCATENATION', [x, writer.op('NEG', [x], P)], [1, 10, 6, 4], [int(-3), RELU]),
    expected: (x) => tf.relu(tf.concat([x, tf.neg(x)], 1)),
  },
  'AVERAGE_POOL_2D same': single('AVERAGE_POOL_2D', [1, 3, 3, 4], [SAME, int(2), int(2), int(3), int(3), NONE], (x) =>
    tf.avgPool(x, 3, 2, 'same'),
  ),
  'AVERAGE_POOL_2D valid, 2 × 3, relu': single(
    'AVERAGE_POOL_2D',
    [1, 4, 4, 4],
    [VALID, int(1), int(1), int(3), int(2), RELU],
    (x) => tf.relu(tf.avgPool(x, [2, 3], 1, 'valid')),
  ),
  'MAX_POOL_2D same': single('MAX_POOL_2D', [1, 3, 3, 4], [SAME, int(2), int(2), int(2), int(2), NONE], (x) =>
    tf.maxPool(x, 2, 2, 'same'),
  ),
  'MEAN of pictures': single('MEAN', [1, 4], [byte(0)], (x) => tf.mean(x, [1, 2]), { after: [[1, 2]] }),
  'MEAN of pictures, kept': single('MEAN', [1, 1, 1, 4], [byte(1)], (x) => tf.mean(x, [1, 2], true), {
    after: [[-3, -2]],
  }),
  'MEAN of channels': single('MEAN', [1, 5, 6], [byte(0)], (x) => tf.mean(x, 3), { after: [[3]] }),
  'SUM of rows, kept': single('SUM', [1, 1, 6, 4], [byte(1)], (x) => tf.sum(x, 1, true), { after: [[1]] }),
  REDUCE_MAX: single('REDUCE_MAX', [1, 4], [byte(0)], (x) => tf.max(x, [1, 2]), { after: [[1, 2]] }),
  REDUCE_MIN: single('REDUCE_MIN', [1, 4], [byte(0)], (x) => tf.min(x, [1, 2]), { after: [[2, 1]] }),
  RESHAPE: single('RESHAPE', [1, 20, 6], [], (x) => x.reshape([1, 20, 6]), { after: [[-1, 20, 6]] }),
  'RESHAPE by its options': {
    shape: P,
    make: (writer, x) => writer.op('RESHAPE', [x], [1, 120], [{ ints: [1, 120] }]),
    expected: (x) => x.reshape([1, 120]),
  },
  'RESHAPE to a shape that is computed': {
    shape: P,
    make: (writer, x) => {
      const shape = writer.op('SHAPE', [x], [4], [byte(2)], { type: 'int32' });
      const batch = writer.op(
        'STRIDED_SLICE',
        [shape, writer.ints(0), writer.ints(1), writer.ints(1)],
        [],
        [int(0), int(0), int(0), int(0), int(1)],
        { type: 'int32' },
      );
      const rest = writer.constant([], Int32Array.of(-1), { type: 'int32' });
      const wanted = writer.op('PACK', [batch, rest], [2], [int(2), int(0)], { type: 'int32' });
      return writer.op('RESHAPE', [x, wanted], [1, 120]);
    },
    expected: (x) => x.reshape([1, 120]),
  },
  'SQUEEZE of named dimensions': {
    shape: P,
    make: (writer, x) => {
      const mean = writer.op('MEAN', [x, writer.ints(1, 2)], [1, 1, 1, 4], [byte(1)]);
      return writer.op('SQUEEZE', [mean], [1, 4], [{ ints: [1, -2] }]);
    },
    expected: (x) => tf.mean(x, [1, 2]),
  },
  EXPAND_DIMS: single('EXPAND_DIMS', [1, 5, 1, 6, 4], [], (x) => x.reshape([1, 5, 1, 6, 4]), { after: [[2]] }),
  TRANSPOSE: single('TRANSPOSE', [1, 4, 5, 6], [], (x) => tf.transpose(x, [0, 3, 1, 2]), { after: [[0, 3, 1, 2]] }),
  SOFTMAX: single('SOFTMAX', P, [float(1)], (x) => tf.softmax(x)),
  'SOFTMAX with a beta of 2.5': single('SOFTMAX', P, [float(2.5)], (x) => tf.softmax(x.mul(2.5))),
  LOG_SOFTMAX: single('LOG_SOFTMAX', P, [], (x) => tf.logSoftmax(x)),
  LOGISTIC: single('LOGISTIC', P, [], (x) => tf.sigmoid(x)),
  RELU: single('RELU', P, [], (x) => tf.relu(x)),
  RELU6: single('RELU6', P, [], (x) => tf.relu6(x), { range: [-9, 9] }),
  RELU_N1_TO_1: single('RELU_N1_TO_1', P, [], (x) => tf.clipByValue(x, -1, 1)),
  RELU_0_TO_1: single('RELU_0_TO_1', P, [], (x) => tf.clipByValue(x, 0, 1)),
  TANH: single('TANH', P, [], (x) => tf.tanh(x)),
  ELU: single('ELU', P, [], (x) => tf.elu(x)),
  LEAKY_RELU: single('LEAKY_RELU', P, [float(0.125)], (x) => tf.leakyRelu(x, 0.125)),
  HARD_SWISH: single('HARD_SWISH', P, [], (x) => x.mul(tf.relu6(x.add(3))).div(6), { range: [-5, 5] }),
  GELU: single('GELU', P, [byte(0)], (x) => x.mul(tf.erf(x.div(Math.SQRT2)).add(1)).div(2)),
  'GELU by tanh': single('GELU', P, [byte(1)], (x) =>
    x.mul(tf.tanh(x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI))).add(1)).div(2),
  ),
  EXP: single('EXP', P, [], (x) => tf.exp(x)),
  ABS: single('ABS', P, [], (x) => tf.abs(x)),
  NEG: single('NEG', P, [], (x) => tf.neg(x)),
  SQUARE: single('SQUARE', P, [], (x) => tf.square(x)),
  SQRT: single('SQRT', P, [], (x) => tf.sqrt(x), { range: [0.1, 4] }),
  RSQRT: single('RSQRT', P, [], (x) => tf.rsqrt(x), { range: [0.1, 4] }),
  LOG: single('LOG', P, [], (x) => tf.log(x), { range: [0.1, 4] }),
  SIN: single('SIN', P, [], (x) => tf.sin(x)),
  L2_NORMALIZATION: single('L2_NORMALIZATION', P, [NONE], (x) => x.div(tf.sqrt(tf.sum(tf.square(x), 3, true)))),
  LOCAL_RESPONSE_NORMALIZATION: single(
    'LOCAL_RESPONSE_NORMALIZATION',
    P,
    [int(1), float(2), float(0.5), float(0.75)],
    (x) => tf.localResponseNormalization(x, 1, 2, 0.5, 0.75),
  ),
  PAD: single(
    'PAD',
    [1, 8, 7, 4],
    [],
    (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ]),
    { after: [[0, 0, 1, 2, 0, 1, 0, 0]] },
  ),
  'PAD of channels': single(
    'PAD',
    [1, 5, 6, 7],
    [],
    (x) =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 2],
      ]),
    { after: [[0, 0, 0, 0, 0, 0, 1, 2]] },
  ),
  PADV2: {
    shape: P,
    make: (writer, x) =>
      writer.op(
        'PADV2',
        [x, listOf(writer, 'PADV2', [0, 0, 1, 2, 0, 1, 0, 0]), writer.constant([], Float32Array.of(-3))],
        [1, 8, 7, 4],
      ),
    expected: (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 0],
        ],
        -3,
      ),
  },
  'MIRROR_PAD reflect': single(
    'MIRROR_PAD',
    [1, 9, 7, 4],
    [byte(0)],
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 2],
          [0, 1],
          [0, 0],
        ],
        'reflect',
      ),
    { after: [[0, 0, 2, 2, 0, 1, 0, 0]] },
  ),
  'MIRROR_PAD symmetric': single(
    'MIRROR_PAD',
    [1, 7, 7, 4],
    [byte(1)],
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 1],
          [0, 1],
          [0, 0],
        ],
        'symmetric',
      ),
    { after: [[0, 0, 1, 1, 0, 1, 0, 0]] },
  ),
  RESIZE_BILINEAR: single(
    'RESIZE_BILINEAR',
    [1, 12, 9, 4],
    [int(0), int(0), byte(0), byte(0)],
    (x) => tf.image.resizeBilinear(x, [12, 9]),
    { after: [[12, 9]] },
  ),
  'RESIZE_BILINEAR, aligned corners': single(
    'RESIZE_BILINEAR',
    [1, 12, 9, 4],
    [int(0), int(0), byte(1), byte(0)],
    (x) => tf.image.resizeBilinear(x, [12, 9], true),
    { after: [[12, 9]] },
  ),
  'RESIZE_BILINEAR, half pixels': single(
    'RESIZE_BILINEAR',
    [1, 3, 13, 4],
    [int(0), int(0), byte(0), byte(1)],
    (x) => tf.image.resizeBilinear(x, [3, 13], false, true),
    { after: [[3, 13]] },
  ),
  RESIZE_NEAREST_NEIGHBOR: single(
    'RESIZE_NEAREST_NEIGHBOR',
    [1, 10, 12, 4],
    [byte(0), byte(0)],
    (x) => tf.image.resizeNearestNeighbor(x, [10, 12]),
    { after: [[10, 12]] },
  ),
  'RESIZE_NEAREST_NEIGHBOR, aligned corners': single(
    'RESIZE_NEAREST_NEIGHBOR',
    [1, 8, 7, 4],
    [byte(1), byte(0)],
    (x) => tf.image.resizeNearestNeighbor(x, [8, 7], true),
    { after: [[8, 7]] },
  ),
  'RESIZE_NEAREST_NEIGHBOR, half pixels': single(
    'RESIZE_NEAREST_NEIGHBOR',
    [1, 10, 12, 4],
    [byte(0), byte(1)],
    (x) => tf.image.resizeNearestNeighbor(x, [10, 12], false, true),
    { after: [[10, 12]] },
  ),
  DEPTH_TO_SPACE: single('DEPTH_TO_SPACE', [1, 10, 12, 1], [int(2)], (x) => tf.depthToSpace(x, 2, 'NHWC')),
  SPACE_TO_DEPTH: single(
    'SPACE_TO_DEPTH',
    [1, 2, 3, 16],
    [int(2)],
    // [b, h, 2, w, 2, c] → [b, h, w, 2, 2, c]
    (x) => x.reshape([1, 2, 2, 3, 2, 4]).transpose([0, 1, 3, 2, 4, 5]).reshape([1, 2, 3, 16]),
    { shape: [1, 4, 6, 4] },
  ),
  SLICE: single('SLICE', [1, 3, 4, 2], [], (x) => tf.slice(x, [0, 1, 2, 1], [1, 3, 4, 2]), {
    after: [
      [0, 1, 2, 1],
      [1, 3, -1, 2],
    ],
  }),
  STRIDED_SLICE: single(
    'STRIDED_SLICE',
    [1, 2, 6, 2],
    [int(1), int(0b101), int(0), int(0), int(0)],
    (x) => tf.stridedSlice(x, [0, 1, 5, 0], [1, 4, -7, 3], [1, 2, -1, 2], 1, 0b101),
    {
      after: [
        [0, 1, 5, 0],
        [1, 4, 0, 3],
        [1, 2, -1, 2],
      ],
    },
  ),
  'STRIDED_SLICE that takes a dimension away': single(
    'STRIDED_SLICE',
    [1, 5, 6],
    [int(0b111), int(0b111), int(0), int(0), int(0b1000)],
    (x) => tf.squeeze(tf.slice(x, [0, 0, 0, 3], [1, 5, 6, 1]), [3]),
    {
      after: [
        [0, 0, 0, -1],
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ],
    },
  ),
  SPLIT: {
    shape: P,
    make: (writer, x) => {
      const parts = writer.ops(
        'SPLIT',
        [writer.constant([], Int32Array.of(3), { type: 'int32' }), x],
        [
          [1, 5, 6, 2],
          [1, 5, 6, 2],
        ],
        [int(2)],
      );
      return writer.op('SUB', parts, [1, 5, 6, 2], [NONE]);
    },
    expected: (x) => {
      const [a, b] = tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor];
      return a.sub(b);
    },
  },
  SPLIT_V: {
    shape: P,
    make: (writer, x) => {
      const axis = writer.constant([], Int32Array.of(-1), { type: 'int32' });
      const parts = writer.ops(
        'SPLIT_V',
        [x, writer.ints(1, -1), axis],
        [
          [1, 5, 6, 1],
          [1, 5, 6, 3],
        ],
        [int(2)],
      );
      return writer.op('MUL', parts, [1, 5, 6, 3], [NONE]);
    },
    expected: (x) => {
      const [a, b] = tf.split(x, [1, 3], 3) as [tf.Tensor, tf.Tensor];
      return a.mul(b);
    },
  },
  'UNPACK and PACK': {
    shape: P,
    make: (writer, x) => {
      const parts = writer.ops(
        'UNPACK',
        [x],
        Array.from({ length: 4 }, () => [1, 5, 6]),
        [int(4), int(3)],
      );
      return writer.op('PACK', parts.toReversed(), [1, 5, 4, 6], [int(4), int(2)]);
    },
    expected: (x) => tf.stack(tf.unstack(x, 3).toReversed(), 2),
  },
  GATHER: single('GATHER', [1, 5, 6, 3], [int(3), int(0)], (x) => tf.gather(x, tf.tensor1d([3, 1, 0], 'int32'), 3), {
    after: [[3, 1, 0]],
  }),
  TILE: single('TILE', [1, 10, 6, 4], [], (x) => tf.tile(x, [1, 2, 1, 1]), { after: [[1, 2, 1, 1]] }),
  'weights in float16, through DEQUANTIZE': {
    shape: P,
    make: (writer, x) => {
      // 1, −2, 0.5 and 65504 as halves.
      const halves = writer.constant([4], Uint16Array.of(0x3c00, 0xc000, 0x3800, 0x7bff), { type: 'float16' });
      return writer.op('MUL', [x, writer.op('DEQUANTIZE', [halves], [4])], P, [NONE]);
    },
    expected: (x) => x.mul(tf.tensor1d([1, -2, 0.5, 65_504])),
  },
};

const gridOf = (tensor: tf.Tensor) => ({ shape: tensor.shape, data: Array.from(tensor.dataSync()) });

const byTflite = await tfliteRuntime();

/** What TFLite's runtime of 2022 refuses, or computes without the activation; MediaPipe has the operator that is not TFLite's. */
const NOT_IN_RUNTIME: ReadonlySet<string> = new Set([
  ...['CONV_2D dilated, tanh', 'CONCATENATION of rows, axis −3', 'Convolution2DTransposeBias'],
]);

describe('operators of TFLite', () => {
  beforeAll(async () => {
    await useEngine('cpu');
    // Makes functions methods of tensors.
    await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js');
  });

  it.each(Object.entries(CASES))('%s', async (name, { shape, make, expected, range = [-1, 1] }) => {
    const bytes = file(make, shape);
    const net = await tfliteModel([new File([bytes], 'one.tflite')]);
    expect(net.inputShape).toEqual(shape);
    const values = numbers(shape, ...range);
    const built = net.build(shape);
    const x = tf.tensor4d(values, shape as [number, number, number, number]);
    const y = built.run(x);
    const wanted = expected(x);
    expect(y.shape).toEqual(wanted.shape);
    expect(y.shape).toEqual(net.outputShape(shape));
    expectClose(gridOf(y), gridOf(wanted), 2e-5);
    built.dispose();
    if (byTflite && !NOT_IN_RUNTIME.has(name)) expectClose(gridOf(y), byTflite(bytes, values), 2e-5);
  });
});
