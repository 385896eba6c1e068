import { activation } from '../../stages/activation.ts';
import { avgPool } from '../../stages/avg-pool.ts';
import { crop } from '../../stages/crop.ts';
import { dropout } from '../../stages/dropout.ts';
import { flatten } from '../../stages/flatten.ts';
import { maxPool } from '../../stages/max-pool.ts';
import { reshape } from '../../stages/reshape.ts';
import { softmax } from '../../stages/softmax.ts';
import { transpose } from '../../stages/transpose.ts';
import { upsample } from '../../stages/upsample.ts';
import { zeroPad } from '../../stages/zero-pad.ts';
import type { Conversion, StageConversion } from './conversion.ts';
import { convertRelu, convertThresholdedRelu, leakyRelu } from './convert-activation.ts';
import {
  convertConv2d,
  convertConv2dTranspose,
  convertDense,
  convertDepthwiseConv2d,
  convertSeparableConv2d,
} from './convert-convolution.ts';
import { convertGroupNormalization, convertLayerNormalization, convertLayerScale } from './convert-layer-norm.ts';
import { convertConcatenate, mergeOf } from './convert-merge.ts';
import { convertBatchNormalization, convertNormalization, convertRescaling } from './convert-normalization.ts';
import { convertBidirectional, convertGru, convertLstm } from './convert-recurrent.ts';
import { globalPooling } from './convert-pooling.ts';
import {
  AUGMENTATION_LAYERS,
  convertCenterCrop,
  convertRandomCrop,
  convertResizing,
  identity,
} from './convert-resizing.ts';
import { asPicture } from './convert-sequence.ts';
import { timeDistributed } from './convert-time-distributed.ts';
import { activationOf, slopeOf } from './layer-activation.ts';
import { number, pooling, sidesOf } from './layer-options.ts';
import { setting } from './layer.ts';
import { inEitherFormat, withAxis } from './moved-axis.ts';

const maxPooling: StageConversion = (layer) => ({ stage: maxPool(pooling(layer)) });
const averagePooling: StageConversion = (layer) => ({ stage: avgPool(pooling(layer)) });
const zeroPadding: StageConversion = (layer) => ({ stage: zeroPad({ padding: sidesOf(layer, 'padding') }) });
const cropping: StageConversion = (layer) => ({ stage: crop({ cropping: sidesOf(layer, 'cropping') }) });
const upSampling: StageConversion = (layer, { keras }) => ({
  stage: upsample({
    size: (setting(layer, 'size') ?? 2) as number,
    interpolation: (setting(layer, 'interpolation') ?? 'nearest') as 'nearest',
    coordinates: keras === 0 ? 'asymmetric' : 'halfPixel',
  }),
});

/** Layers that can be inside a `TimeDistributed`. */
const BY_ROW = {
  Activation: (layer, { keras }) => ({ stage: activationOf(setting(layer, 'activation'), keras) }),
  Dense: convertDense,
  Dropout: (layer) => ({ stage: dropout({ rate: number(layer, 'rate', 0.5) }) }),
  ELU: (layer) => ({ stage: activation('elu', { alpha: number(layer, 'alpha', 1) }) }),
  LayerNormalization: convertLayerNormalization,
  LeakyReLU: (layer) => ({ stage: leakyRelu(slopeOf(layer)) }),
  ReLU: convertRelu,
  Softmax: withAxis(() => ({ stage: softmax() })),
} as const satisfies Record<string, StageConversion>;

/** @internal The layers of Keras that become stages, by class name. */
export const LAYERS: ReadonlyMap<string, Conversion> = new Map(
  Object.entries<Conversion>({
    // What computes each row of values for itself
    ...BY_ROW,
    TimeDistributed: timeDistributed(BY_ROW),

    // Recurrent
    Bidirectional: convertBidirectional,
    GRU: convertGru,
    LSTM: convertLstm,

    // Convolutions
    Conv1D: inEitherFormat(asPicture(convertConv2d)),
    Conv1DTranspose: inEitherFormat(asPicture(convertConv2dTranspose)),
    Conv2D: inEitherFormat(convertConv2d),
    Conv2DTranspose: inEitherFormat(convertConv2dTranspose),
    DepthwiseConv1D: inEitherFormat(asPicture(convertDepthwiseConv2d)),
    DepthwiseConv2D: inEitherFormat(convertDepthwiseConv2d),
    SeparableConv1D: inEitherFormat(asPicture(convertSeparableConv2d)),
    SeparableConv2D: inEitherFormat(convertSeparableConv2d),

    // Pooling
    AveragePooling1D: inEitherFormat(asPicture(averagePooling)),
    AveragePooling2D: inEitherFormat(averagePooling),
    GlobalAveragePooling1D: globalPooling('mean'),
    GlobalAveragePooling2D: globalPooling('mean'),
    GlobalMaxPooling1D: globalPooling('maximum'),
    GlobalMaxPooling2D: globalPooling('maximum'),
    MaxPooling1D: inEitherFormat(asPicture(maxPooling)),
    MaxPooling2D: inEitherFormat(maxPooling),

    // Normalization
    BatchNormalization: withAxis(convertBatchNormalization),
    GroupNormalization: withAxis(convertGroupNormalization),
    LayerScale: convertLayerScale,
    Normalization: withAxis(convertNormalization),
    Rescaling: convertRescaling,

    // Activation
    PReLU: (layer) => ({
      stage: activation('prelu', { sharedAxes: (setting(layer, 'shared_axes') ?? []) as number[] }),
      weights: { alpha: ['alpha'] },
    }),
    ThresholdedReLU: convertThresholdedRelu,

    // What does nothing outside training
    ActivityRegularization: identity,
    AlphaDropout: identity,
    GaussianDropout: identity,
    GaussianNoise: identity,
    Identity: identity,
    SpatialDropout1D: identity,
    SpatialDropout2D: identity,
    StochasticDepth: identity,
    ...AUGMENTATION_LAYERS,

    // Shapes
    CenterCrop: inEitherFormat(convertCenterCrop),
    Cropping1D: inEitherFormat(asPicture(cropping)),
    Cropping2D: inEitherFormat(cropping),
    Flatten: inEitherFormat(() => ({ stage: flatten() })),
    Permute: (layer) => ({ stage: transpose({ permutation: (setting(layer, 'dims') ?? []) as number[] }) }),
    RandomCrop: inEitherFormat(convertRandomCrop),
    Reshape: (layer) => ({ stage: reshape({ shape: (setting(layer, 'target_shape') ?? []) as number[] }) }),
    Resizing: inEitherFormat(convertResizing),
    UpSampling1D: inEitherFormat(asPicture(upSampling)),
    UpSampling2D: inEitherFormat(upSampling),
    ZeroPadding1D: inEitherFormat(asPicture(zeroPadding)),
    ZeroPadding2D: inEitherFormat(zeroPadding),

    // Several inputs
    Add: mergeOf('add'),
    Average: mergeOf('average'),
    Concatenate: convertConcatenate,
    Maximum: mergeOf('maximum'),
    Minimum: mergeOf('minimum'),
    Multiply: mergeOf('multiply'),
    Subtract: mergeOf('subtract'),
  }),
);
