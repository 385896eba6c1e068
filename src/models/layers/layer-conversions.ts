import { activation } from '../../stages/activation.ts';
import { avgPool } from '../../stages/avg-pool.ts';
import { crop } from '../../stages/crop.ts';
import { dropout } from '../../stages/dropout.ts';
import { flatten } from '../../stages/flatten.ts';
import { globalAvgPool } from '../../stages/global-avg-pool.ts';
import { globalMaxPool } from '../../stages/global-max-pool.ts';
import { maxPool } from '../../stages/max-pool.ts';
import { reshape } from '../../stages/reshape.ts';
import { softmax } from '../../stages/softmax.ts';
import { upsample } from '../../stages/upsample.ts';
import { zeroPad } from '../../stages/zero-pad.ts';
import type { Conversion } from './conversion.ts';
import { convertRelu, leakyRelu } from './convert-activation.ts';
import {
  convertConv2d,
  convertConv2dTranspose,
  convertDense,
  convertDepthwiseConv2d,
  convertSeparableConv2d,
} from './convert-convolution.ts';
import { convertConcatenate, mergeOf } from './convert-merge.ts';
import { convertBatchNormalization, convertNormalization, convertRescaling } from './convert-normalization.ts';
import {
  AUGMENTATION_LAYERS,
  convertCenterCrop,
  convertRandomCrop,
  convertResizing,
  identity,
} from './convert-resizing.ts';
import { activationOf } from './layer-activation.ts';
import { checkGlobalPool, lastAxis, number, pooling, sidesOf } from './layer-options.ts';
import { setting } from './layer.ts';

/** @internal The layers of Keras that become stages, by class name. */
export const LAYERS: ReadonlyMap<string, Conversion> = new Map(
  Object.entries<Conversion>({
    // Convolutions
    Conv2D: convertConv2d,
    DepthwiseConv2D: convertDepthwiseConv2d,
    SeparableConv2D: convertSeparableConv2d,
    Conv2DTranspose: convertConv2dTranspose,
    Dense: convertDense,

    // Pooling
    MaxPooling2D: (layer) => ({ stage: maxPool(pooling(layer)) }),
    AveragePooling2D: (layer) => ({ stage: avgPool(pooling(layer)) }),
    GlobalAveragePooling2D: (layer) => {
      checkGlobalPool(layer);
      return { stage: globalAvgPool() };
    },
    GlobalMaxPooling2D: (layer) => {
      checkGlobalPool(layer);
      return { stage: globalMaxPool() };
    },

    // Normalization
    BatchNormalization: convertBatchNormalization,
    Normalization: convertNormalization,
    Rescaling: convertRescaling,

    // Activation
    Activation: (layer, { keras }) => ({ stage: activationOf(setting(layer, 'activation'), keras) }),
    ReLU: convertRelu,
    LeakyReLU: (layer) => ({ stage: leakyRelu(number(layer, 'negative_slope', number(layer, 'alpha', 0.3))) }),
    PReLU: (layer) => ({
      stage: activation('prelu', { sharedAxes: (setting(layer, 'shared_axes') ?? []) as number[] }),
      weights: { alpha: ['alpha'] },
    }),
    ELU: (layer) => ({ stage: activation('elu', { alpha: number(layer, 'alpha', 1) }) }),
    Softmax: (layer, { input }) => {
      lastAxis(layer, input);
      return { stage: softmax() };
    },

    // What does nothing outside training
    Dropout: (layer) => ({ stage: dropout({ rate: number(layer, 'rate', 0.5) }) }),
    SpatialDropout2D: identity,
    GaussianNoise: identity,
    GaussianDropout: identity,
    AlphaDropout: identity,
    ActivityRegularization: identity,
    ...AUGMENTATION_LAYERS,

    // Shapes
    ZeroPadding2D: (layer) => ({ stage: zeroPad({ padding: sidesOf(layer, 'padding') }) }),
    Cropping2D: (layer) => ({ stage: crop({ cropping: sidesOf(layer, 'cropping') }) }),
    CenterCrop: convertCenterCrop,
    RandomCrop: convertRandomCrop,
    Resizing: convertResizing,
    UpSampling2D: (layer, { keras }) => ({
      stage: upsample({
        size: (setting(layer, 'size') ?? 2) as number,
        interpolation: (setting(layer, 'interpolation') ?? 'nearest') as 'nearest',
        coordinates: keras === 0 ? 'asymmetric' : 'halfPixel',
      }),
    }),
    Flatten: () => ({ stage: flatten() }),
    Reshape: (layer) => ({ stage: reshape({ shape: (setting(layer, 'target_shape') ?? []) as number[] }) }),

    // Several inputs
    Add: mergeOf('add'),
    Subtract: mergeOf('subtract'),
    Multiply: mergeOf('multiply'),
    Average: mergeOf('average'),
    Maximum: mergeOf('maximum'),
    Minimum: mergeOf('minimum'),
    Concatenate: convertConcatenate,
  }),
);
