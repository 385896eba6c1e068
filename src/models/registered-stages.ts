import { normalize } from '../preprocess/normalize.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { resize } from '../preprocess/resize.ts';
import { toTensor } from '../preprocess/to-tensor.ts';
import { activation } from '../stages/activation.ts';
import { arithmetic } from '../stages/arithmetic.ts';
import { avgPool } from '../stages/avg-pool.ts';
import { batchNorm } from '../stages/batch-norm.ts';
import { conv2d } from '../stages/conv2d.ts';
import { conv2dTranspose } from '../stages/conv2d-transpose.ts';
import { crop } from '../stages/crop.ts';
import { dense } from '../stages/dense.ts';
import { depthToSpace } from '../stages/depth-to-space.ts';
import { depthwiseConv2d } from '../stages/depthwise-conv2d.ts';
import { dropout } from '../stages/dropout.ts';
import { flatten } from '../stages/flatten.ts';
import { globalAvgPool } from '../stages/global-avg-pool.ts';
import { globalMaxPool } from '../stages/global-max-pool.ts';
import { groupNorm } from '../stages/group-norm.ts';
import { l2Pool } from '../stages/l2-pool.ts';
import { localResponseNorm } from '../stages/local-response-norm.ts';
import { maxPool } from '../stages/max-pool.ts';
import { pad } from '../stages/pad.ts';
import { reduce } from '../stages/reduce.ts';
import { reshape } from '../stages/reshape.ts';
import { separableConv2d } from '../stages/separable-conv2d.ts';
import { slice } from '../stages/slice.ts';
import { softmax } from '../stages/softmax.ts';
import { transpose } from '../stages/transpose.ts';
import { upsample } from '../stages/upsample.ts';
import { zeroPad } from '../stages/zero-pad.ts';
import type { Shape } from '../stage/shape.ts';
import type { Spec } from '../stage/stage.ts';
import type { Conversion } from './layers/conversion.ts';
import { activationOf } from './layers/layer-activation.ts';
import { convertRelu, leakyRelu } from './layers/convert-activation.ts';
import {
  convertConv2d,
  convertConv2dTranspose,
  convertDense,
  convertDepthwiseConv2d,
  convertSeparableConv2d,
} from './layers/convert-convolution.ts';
import { convertConcatenate, mergeOf } from './layers/convert-merge.ts';
import { convertBatchNormalization, convertNormalization, convertRescaling } from './layers/convert-normalization.ts';
import {
  AUGMENTATION_LAYERS,
  convertCenterCrop,
  convertRandomCrop,
  convertResizing,
  identity,
} from './layers/convert-resizing.ts';
import { checkGlobalPool, lastAxis, number, pooling, sidesOf } from './layers/layer-options.ts';
import { setting } from './layers/layer.ts';
import {
  fromOptions,
  fromPictureOptions,
  makeActivation,
  makeConcatenate,
  makeGraph,
  makePipeline,
  makeResidual,
  type SpecMaker,
} from './spec-makers.ts';

/** @internal What sluice knows about an operation besides computing it. */
export interface RegisteredStage {
  /** Makes the stage from its spec. */
  readonly make: SpecMaker;
  /** How many values each value of the output is computed from, if `macs` does not count it. Default 1. */
  readonly visits?: (spec: Spec, input: Shape) => number;
  /** The layers of Keras that become this stage, by class name. */
  readonly layers?: Readonly<Record<string, Conversion>>;
}

function windowOf({ poolSize, padding }: Spec, [, ...sides]: Shape): number {
  const reach = (side: number) => (padding === 'same' ? 2 * side + 1 : Infinity);
  return (poolSize as readonly number[]).reduce((area, size, i) => area * Math.min(size, reach(sides[i] ?? 0)), 1);
}

function channelsOf({ size, depthRadius }: Spec, input: Shape): number {
  return Math.min(Number(size ?? 2 * Number(depthRadius) + 1), 2 * (input.at(-1) ?? 1));
}

/**
 * @internal All stages that come with sluice, by the `op` of their spec. `fromSpec` and the import of Keras models know a
 * stage from here. How a stage is written as ONNX is in `onnx/lower.ts`, which is only loaded when it is needed.
 * `test/house/stages.test.ts` tells which parts of a stage are missing.
 */
export const STAGES: ReadonlyMap<string, RegisteredStage> = new Map(
  Object.entries<RegisteredStage>({
    // Pictures to tensors
    preprocess: { make: fromPictureOptions(preprocess) },
    resize: { make: fromPictureOptions(resize) },
    toTensor: { make: fromPictureOptions(toTensor) },
    normalize: { make: fromPictureOptions(normalize) },

    // Convolutions
    conv2d: { make: fromOptions(conv2d), layers: { Conv2D: convertConv2d } },
    depthwiseConv2d: { make: fromOptions(depthwiseConv2d), layers: { DepthwiseConv2D: convertDepthwiseConv2d } },
    separableConv2d: { make: fromOptions(separableConv2d), layers: { SeparableConv2D: convertSeparableConv2d } },
    conv2dTranspose: { make: fromOptions(conv2dTranspose), layers: { Conv2DTranspose: convertConv2dTranspose } },

    // Pooling
    maxPool: {
      make: fromOptions(maxPool),
      visits: windowOf,
      layers: { MaxPooling2D: (layer) => ({ stage: maxPool(pooling(layer)) }) },
    },
    avgPool: {
      make: fromOptions(avgPool),
      visits: windowOf,
      layers: { AveragePooling2D: (layer) => ({ stage: avgPool(pooling(layer)) }) },
    },
    l2Pool: { make: fromOptions(l2Pool), visits: windowOf },
    globalAvgPool: {
      make: fromOptions(globalAvgPool),
      layers: {
        GlobalAveragePooling2D: (layer) => {
          checkGlobalPool(layer);
          return { stage: globalAvgPool() };
        },
      },
    },
    globalMaxPool: {
      make: fromOptions(globalMaxPool),
      layers: {
        GlobalMaxPooling2D: (layer) => {
          checkGlobalPool(layer);
          return { stage: globalMaxPool() };
        },
      },
    },

    // Normalization and activation
    batchNorm: {
      make: fromOptions(batchNorm),
      layers: {
        BatchNormalization: convertBatchNormalization,
        Normalization: convertNormalization,
        Rescaling: convertRescaling,
      },
    },
    groupNorm: { make: fromOptions(groupNorm), visits: () => 8 },
    arithmetic: { make: fromOptions(arithmetic) },
    reduce: { make: fromOptions(reduce) },
    localResponseNorm: { make: fromOptions(localResponseNorm), visits: channelsOf },
    activation: {
      make: makeActivation,
      layers: {
        Activation: (layer, { keras }) => ({ stage: activationOf(setting(layer, 'activation'), keras) }),
        ReLU: convertRelu,
        LeakyReLU: (layer) => ({ stage: leakyRelu(number(layer, 'negative_slope', number(layer, 'alpha', 0.3))) }),
        PReLU: (layer) => ({
          stage: activation('prelu', { sharedAxes: (setting(layer, 'shared_axes') ?? []) as number[] }),
          weights: { alpha: ['alpha'] },
        }),
        ELU: (layer) => ({ stage: activation('elu', { alpha: number(layer, 'alpha', 1) }) }),
        SpatialDropout2D: identity,
        GaussianNoise: identity,
        GaussianDropout: identity,
        AlphaDropout: identity,
        ActivityRegularization: identity,
        ...AUGMENTATION_LAYERS,
      },
    },
    softmax: {
      make: fromOptions(softmax),
      layers: {
        Softmax: (layer, { input }) => {
          lastAxis(layer, input);
          return { stage: softmax() };
        },
      },
    },
    dropout: {
      make: fromOptions(dropout),
      layers: { Dropout: (layer) => ({ stage: dropout({ rate: number(layer, 'rate', 0.5) }) }) },
    },

    // Shapes
    zeroPad: {
      make: fromOptions(zeroPad),
      layers: { ZeroPadding2D: (layer) => ({ stage: zeroPad({ padding: sidesOf(layer, 'padding') }) }) },
    },
    pad: { make: fromOptions(pad) },
    slice: { make: fromOptions(slice) },
    depthToSpace: { make: fromOptions(depthToSpace) },
    crop: {
      make: fromOptions(crop),
      layers: {
        Cropping2D: (layer) => ({ stage: crop({ cropping: sidesOf(layer, 'cropping') }) }),
        CenterCrop: convertCenterCrop,
        RandomCrop: convertRandomCrop,
      },
    },
    upsample: {
      make: fromOptions(upsample),
      layers: {
        Resizing: convertResizing,
        UpSampling2D: (layer, { keras }) => ({
          stage: upsample({
            size: (setting(layer, 'size') ?? 2) as number,
            interpolation: (setting(layer, 'interpolation') ?? 'nearest') as 'nearest',
            coordinates: keras === 0 ? 'asymmetric' : 'halfPixel',
          }),
        }),
      },
    },
    flatten: { make: fromOptions(flatten), layers: { Flatten: () => ({ stage: flatten() }) } },
    reshape: {
      make: fromOptions(reshape),
      layers: {
        Reshape: (layer) => ({ stage: reshape({ shape: (setting(layer, 'target_shape') ?? []) as number[] }) }),
      },
    },
    transpose: { make: fromOptions(transpose) },
    dense: { make: fromOptions(dense), layers: { Dense: convertDense } },

    // Stages made of stages
    pipeline: { make: makePipeline },
    residual: { make: makeResidual },
    concatenate: { make: makeConcatenate },
    graph: {
      make: makeGraph,
      layers: {
        Add: mergeOf('add'),
        Subtract: mergeOf('subtract'),
        Multiply: mergeOf('multiply'),
        Average: mergeOf('average'),
        Maximum: mergeOf('maximum'),
        Minimum: mergeOf('minimum'),
        Concatenate: convertConcatenate,
      },
    },
  }),
);
