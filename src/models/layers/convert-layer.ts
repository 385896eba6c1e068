import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { activation } from '../../stages/activation.ts';
import { avgPool } from '../../stages/avg-pool.ts';
import { batchNorm } from '../../stages/batch-norm.ts';
import { conv2d } from '../../stages/conv2d.ts';
import { conv2dTranspose } from '../../stages/conv2d-transpose.ts';
import { crop } from '../../stages/crop.ts';
import { dense } from '../../stages/dense.ts';
import { depthwiseConv2d } from '../../stages/depthwise-conv2d.ts';
import { dropout } from '../../stages/dropout.ts';
import { flatten } from '../../stages/flatten.ts';
import { globalAvgPool } from '../../stages/global-avg-pool.ts';
import { globalMaxPool } from '../../stages/global-max-pool.ts';
import { maxPool } from '../../stages/max-pool.ts';
import { reshape } from '../../stages/reshape.ts';
import { separableConv2d } from '../../stages/separable-conv2d.ts';
import { softmax } from '../../stages/softmax.ts';
import { upsample } from '../../stages/upsample.ts';
import { zeroPad } from '../../stages/zero-pad.ts';
import { activationOf, fusedActivation, leaky } from './layer-activation.ts';
import { bias, both, CHANNELS_LAST, convolution, lastAxis, number, only, pooling, sidesOf } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';
import type { Merge } from '../../stage/merge.ts';

/** @internal A layer as we have it. */
export type Converted =
  | {
      readonly stage: AnyStage;
      /** Names its weights are stored under (the part after the layer's name), by ours; in the layer's own order. */
      readonly weights?: Readonly<Record<string, readonly string[]>>;
      /** What a weight becomes where ours has another shape for the same numbers. */
      readonly reshaped?: (shape: Shape) => Shape;
    }
  | { readonly merge: Merge };

/** What is known where a layer is converted: its input, unless a layer before it is unknown, and who wrote the model. */
interface Context {
  readonly input: Shape | undefined;
  /** Which Keras wrote the model; 0 for tfjs-layers, which enlarges pictures by another rule. */
  readonly keras: number;
}

type Converter = (layer: Layer, context: Context) => Converted;

/** @internal Throws `OptionError` saying what of a layer we can't do. */
export function convertLayer(layer: Layer, context: Context): Converted {
  const converter = LAYERS.get(layer.className);
  if (!converter) throw new OptionError('is not known here');
  return converter(layer, context);
}

const merge =
  (kind: Merge): Converter =>
  () => ({ merge: kind });

const identity: Converter = () => ({ stage: activation('linear') });
const KERNEL = ['kernel'];

const LAYERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  [
    'Conv2D',
    (layer, { keras }) => ({
      stage: conv2d({
        ...convolution(layer, keras),
        filters: number(layer, 'filters'),
        groups: number(layer, 'groups', 1),
      }),
      weights: { kernel: KERNEL, ...bias(layer) },
    }),
  ],
  [
    'DepthwiseConv2D',
    (layer, { keras }) => ({
      stage: depthwiseConv2d({ ...convolution(layer, keras), depthMultiplier: number(layer, 'depth_multiplier', 1) }),
      weights: { kernel: ['depthwise_kernel', 'kernel'], ...bias(layer) },
    }),
  ],
  [
    'SeparableConv2D',
    (layer, { keras }) => ({
      stage: separableConv2d({
        ...convolution(layer, keras),
        filters: number(layer, 'filters'),
        depthMultiplier: number(layer, 'depth_multiplier', 1),
      }),
      weights: { depthwiseKernel: ['depthwise_kernel'], pointwiseKernel: ['pointwise_kernel'], ...bias(layer) },
    }),
  ],
  [
    'Conv2DTranspose',
    (layer, { keras }) => {
      const options = convolution(layer, keras);
      only(layer, 'output_padding', [undefined]);
      // TensorFlow fills up to a whole stride where the kernel is smaller; ours ends with the last tap.
      const filled = ([0, 1] as const).map((i) => Math.max(0, both(options.strides, i) - both(options.kernelSize, i)));
      const outputPadding = options.padding === 'valid' ? (filled as unknown as [number, number]) : 0;
      return {
        stage: conv2dTranspose({ ...options, filters: number(layer, 'filters'), outputPadding }),
        weights: { kernel: KERNEL, ...bias(layer) },
      };
    },
  ],
  ['Dense', denseLayer],
  ['MaxPooling2D', (layer) => ({ stage: maxPool(pooling(layer)) })],
  ['AveragePooling2D', (layer) => ({ stage: avgPool(pooling(layer)) })],
  ['GlobalAveragePooling2D', (layer) => ({ stage: global(layer, 'avg') })],
  ['GlobalMaxPooling2D', (layer) => ({ stage: global(layer, 'max') })],
  ['ZeroPadding2D', (layer) => ({ stage: zeroPad({ padding: sidesOf(layer, 'padding') }) })],
  ['Cropping2D', (layer) => ({ stage: crop({ cropping: sidesOf(layer, 'cropping') }) })],
  [
    'UpSampling2D',
    (layer, { keras }) => ({
      stage: upsample({
        size: (setting(layer, 'size') ?? 2) as number,
        interpolation: (setting(layer, 'interpolation') ?? 'nearest') as 'nearest',
        coordinates: keras === 0 ? 'asymmetric' : 'halfPixel',
      }),
    }),
  ],
  ['BatchNormalization', batchNormalization],
  ['Rescaling', rescaling],
  [
    'Normalization',
    (layer, { input }) => {
      lastAxis(layer, input);
      only(layer, 'invert', [undefined, false]);
      only(layer, 'mean', [undefined]);
      return {
        stage: batchNorm({ epsilon: 0, scale: false, center: false }),
        weights: { mean: ['mean'], variance: ['variance'] },
      };
    },
  ],
  ['Activation', (layer, { keras }) => ({ stage: activationOf(setting(layer, 'activation'), keras) })],
  ['ReLU', (layer) => ({ stage: relu(layer) })],
  ['LeakyReLU', (layer) => ({ stage: leaky(number(layer, 'negative_slope', number(layer, 'alpha', 0.3))) })],
  [
    'PReLU',
    (layer) => ({
      stage: activation('prelu', { sharedAxes: (setting(layer, 'shared_axes') ?? []) as number[] }),
      weights: { alpha: ['alpha'] },
    }),
  ],
  ['ELU', (layer) => ({ stage: activation('elu', { alpha: number(layer, 'alpha', 1) }) })],
  [
    'Softmax',
    (layer, { input }) => {
      lastAxis(layer, input);
      return { stage: softmax() };
    },
  ],
  ['Dropout', (layer) => ({ stage: dropout({ rate: number(layer, 'rate', 0.5) }) })],
  ['SpatialDropout2D', identity],
  ['GaussianNoise', identity],
  ['GaussianDropout', identity],
  ['AlphaDropout', identity],
  ['ActivityRegularization', identity],
  ['Flatten', () => ({ stage: flatten() })],
  ['Reshape', (layer) => ({ stage: reshape({ shape: (setting(layer, 'target_shape') ?? []) as number[] }) })],
  ['Add', merge('add')],
  ['Subtract', merge('subtract')],
  ['Multiply', merge('multiply')],
  ['Average', merge('average')],
  ['Maximum', merge('maximum')],
  ['Minimum', merge('minimum')],
  [
    'Concatenate',
    (layer, { input }) => {
      lastAxis(layer, input);
      return { merge: 'concatenate' };
    },
  ],
]);

function denseLayer(layer: Layer, { input, keras }: Context): Converted {
  const units = number(layer, 'units');
  const options = { activation: fusedActivation(setting(layer, 'activation'), keras), useBias: 'bias' in bias(layer) };
  const weights = { kernel: KERNEL, ...bias(layer) };
  if (input?.length !== 4) return { stage: dense({ ...options, units }), weights };
  // On a picture it works pixel by pixel.
  const stage = conv2d({ ...options, filters: units, kernelSize: 1 });
  return { stage, weights, reshaped: (shape) => (shape.length === 2 ? [1, 1, ...shape] : shape) };
}

function global(layer: Layer, kind: 'avg' | 'max'): AnyStage {
  only(layer, 'data_format', CHANNELS_LAST);
  only(layer, 'keepdims', [undefined, false]);
  return kind === 'avg' ? globalAvgPool() : globalMaxPool();
}

function batchNormalization(layer: Layer, { input }: Context): Converted {
  lastAxis(layer, input);
  only(layer, 'renorm', [undefined, false]);
  const [scale, center] = [setting(layer, 'scale') !== false, setting(layer, 'center') !== false];
  return {
    stage: batchNorm({ epsilon: number(layer, 'epsilon', 1e-3), scale, center }),
    weights: {
      ...(scale ? { gamma: ['gamma'] } : {}),
      ...(center ? { beta: ['beta'] } : {}),
      mean: ['moving_mean'],
      variance: ['moving_variance'],
    },
  };
}

/** Its weights are made here, not read: so they have a limit of their own. */
const MAX_CHANNELS = 2 ** 16;

/** scale · x + offset: a batch normalization whose statistics are 0 and 1. */
function rescaling(layer: Layer, { input }: Context): Converted {
  const channels = input?.at(-1) ?? 1;
  if (channels > MAX_CHANNELS) throw new OptionError(`has ${channels} channels; ${MAX_CHANNELS} can be scaled`);
  const perChannel = (name: string, otherwise: number) => {
    const value = setting(layer, name) ?? otherwise;
    const values: readonly unknown[] = Array.isArray(value) ? value : Array.from({ length: channels }, () => value);
    if (values.length === channels && values.every((one) => Number.isFinite(one)))
      return Float32Array.from(values as number[]);
    throw new OptionError(`has ${name} ${describeValue(value)}; a number, or one per channel, is needed`);
  };
  const weights = {
    gamma: perChannel('scale', 1),
    beta: perChannel('offset', 0),
    mean: new Float32Array(channels),
    variance: new Float32Array(channels).fill(1),
  };
  return { stage: batchNorm({ epsilon: 0, weights }) };
}

/** Of the four things a ReLU layer can be, those that have a name. */
function relu(layer: Layer): AnyStage {
  const slope = number(layer, 'negative_slope', 0);
  const max = setting(layer, 'max_value');
  only(layer, 'threshold', [undefined, 0]);
  if (max === undefined) return slope === 0 ? activation('relu') : leaky(slope);
  only(layer, 'max_value', [6]);
  only(layer, 'negative_slope', [undefined, 0]);
  return activation('relu6');
}
