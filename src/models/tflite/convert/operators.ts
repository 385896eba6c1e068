import { activation } from '../../../stages/activation.ts';
import { isValue } from '../../onnx/value.ts';
import type { Convert } from '../conversion.ts';
import { activated, clipped, convertRsqrt, plain } from './activations.ts';
import {
  convertConv2d,
  convertDepthwiseConv2d,
  convertTransposeConv,
  convertTransposeConvBias,
} from './convolution.ts';
import { convertBatchMatMul, convertFullyConnected } from './fully-connected.ts';
import {
  convertAveragePool2d,
  convertDepthToSpace,
  convertLocalResponseNormalization,
  convertMaxPool2d,
  convertSpaceToDepth,
  resizing,
} from './pooling.ts';
import { convertL2Normalization, convertMean, convertSoftmax, reducing } from './reductions.ts';
import {
  convertCast,
  convertConcatenation,
  convertExpandDims,
  convertFill,
  convertGather,
  convertMirrorPad,
  convertPack,
  convertPad,
  convertReshape,
  convertShape,
  convertSlice,
  convertSplit,
  convertSplitV,
  convertSqueeze,
  convertStridedSlice,
  convertTranspose,
  convertUnpack,
  unchanged,
} from './shaping.ts';

/** For an operator that ONNX has under another name. */
function same(op: string): Convert {
  return (conversion) => conversion.as(op, conversion.operands);
}

/** The same, with a function that is applied to the result. */
function arithmetic(op: string): Convert {
  return (conversion) =>
    activated(conversion, 0, () => conversion.as(op, conversion.operands)[0] ?? conversion.operandAt(0));
}

const convertSquaredDifference: Convert = (conversion) => {
  const { build, name } = conversion;
  build.begin(`${name}.difference`);
  const [difference] = conversion.as('Sub', conversion.operands);
  build.begin(name);
  return isValue(difference)
    ? build.stage(difference, activation('square'), difference)
    : conversion.as('Mul', [difference, difference]);
};

/** @internal The operators of TFLite that become stages, or are computed of constants. */
export const OPERATORS: ReadonlyMap<string, Convert> = new Map(
  Object.entries<Convert>({
    ABS: same('Abs'),
    ADD: arithmetic('Add'),
    ADD_N: same('Sum'),
    AVERAGE_POOL_2D: convertAveragePool2d,
    BATCH_MATMUL: convertBatchMatMul,
    BROADCAST_TO: same('Expand'),
    CAST: convertCast,
    CEIL: same('Ceil'),
    CONCATENATION: convertConcatenation,
    CONV_2D: convertConv2d,
    COS: plain('cos'),
    Convolution2DTransposeBias: convertTransposeConvBias,
    DEPTHWISE_CONV_2D: convertDepthwiseConv2d,
    DEPTH_TO_SPACE: convertDepthToSpace,
    DEQUANTIZE: unchanged,
    DIV: arithmetic('Div'),
    ELU: plain('elu'),
    EXP: same('Exp'),
    EXPAND_DIMS: convertExpandDims,
    FILL: convertFill,
    FLOOR: same('Floor'),
    FULLY_CONNECTED: convertFullyConnected,
    GATHER: convertGather,
    GELU: (conversion) => {
      const approximate = conversion.options.flag(0) ? 'tanh' : 'none';
      return conversion.as('Gelu', [conversion.valueAt()], { approximate });
    },
    HARD_SWISH: plain('hardSwish'),
    L2_NORMALIZATION: convertL2Normalization,
    LEAKY_RELU: (conversion) =>
      conversion.as('LeakyRelu', [conversion.valueAt()], { alpha: conversion.options.float(0) }),
    LOCAL_RESPONSE_NORMALIZATION: convertLocalResponseNormalization,
    LOG: same('Log'),
    LOGISTIC: plain('sigmoid'),
    LOG_SOFTMAX: (conversion) => conversion.as('LogSoftmax', [conversion.valueAt()], { axis: -1 }),
    MAXIMUM: same('Max'),
    MAX_POOL_2D: convertMaxPool2d,
    MEAN: convertMean,
    MINIMUM: same('Min'),
    MIRROR_PAD: convertMirrorPad,
    MUL: arithmetic('Mul'),
    NEG: same('Neg'),
    PACK: convertPack,
    PAD: convertPad,
    PADV2: convertPad,
    POW: same('Pow'),
    PRELU: same('PRelu'),
    QUANTIZE: unchanged,
    REDUCE_MAX: reducing('ReduceMax'),
    REDUCE_MIN: reducing('ReduceMin'),
    REDUCE_PROD: reducing('ReduceProd'),
    RELU: plain('relu'),
    RELU6: plain('relu6'),
    RELU_0_TO_1: clipped(0, 1),
    RELU_N1_TO_1: clipped(-1, 1),
    RESHAPE: convertReshape,
    RESIZE_BILINEAR: resizing('linear', [2, 3]),
    RESIZE_NEAREST_NEIGHBOR: resizing('nearest', [0, 1]),
    ROUND: plain('round'),
    RSQRT: convertRsqrt,
    SHAPE: convertShape,
    SIGN: plain('sign'),
    SIN: plain('sin'),
    SLICE: convertSlice,
    SOFTMAX: convertSoftmax,
    SPACE_TO_DEPTH: convertSpaceToDepth,
    SPLIT: convertSplit,
    SPLIT_V: convertSplitV,
    SQRT: same('Sqrt'),
    SQUARE: plain('square'),
    SQUARED_DIFFERENCE: convertSquaredDifference,
    SQUEEZE: convertSqueeze,
    STRIDED_SLICE: convertStridedSlice,
    SUB: arithmetic('Sub'),
    SUM: reducing('ReduceSum'),
    TANH: plain('tanh'),
    TILE: same('Tile'),
    TRANSPOSE: convertTranspose,
    TRANSPOSE_CONV: convertTransposeConv,
    UNPACK: convertUnpack,
  }),
);
