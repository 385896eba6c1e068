import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { picked } from '../errors/picked.ts';
import type { Fit, ResizeMethod } from '../preprocess/fit.ts';
import { preprocess, type PreprocessOptions } from '../preprocess/preprocess.ts';
import { presets, type PresetName } from '../preprocess/presets.ts';
import type { ChannelOrder, Layout, ToTensorOptions } from '../preprocess/to-tensor.ts';
import { normalization, type NormalizeOptions } from '../stage/normalization.ts';
import { describeShape, type Shape } from '../stage/shape.ts';
import type { Pipeline } from '../stages/pipeline.ts';
import type { StatedPreparation } from './metadata/stated-settings.ts';
import { warnOfModel, type OnModelWarning } from './model-warning.ts';
import { firstScaling, rangeTaken, type PixelScaling } from './pixel-scaling.ts';

/** How pictures are prepared for a model. What is missing follows from the model and from the files beside it. */
export interface PreparationOptions {
  /** The preparation of a family of models: its normalization and its order of channels. See `presets`. */
  readonly preset?: PresetName;
  /**
   * The range of pixel values, or mean and deviation, that the model was trained with. Default: what the files beside the model
   * state; else 0 to 255 or 0 to 1 if the model begins with a layer or an operation that scales pixels; else −1 to 1 with a
   * `metadata.json` of Teachable Machine; else 0 to 1, with a warning. Leave it out with a `preset`.
   */
  readonly normalize?: NormalizeOptions;
  /** The order of the channels. Default: what the files beside the model state, else `rgb`. */
  readonly channelOrder?: ChannelOrder;
  /** The order of the input's dimensions. Default: `nchw` if the second one is 1 or 3 and the last one is not, else `nhwc`. */
  readonly layout?: Layout;
  /** 3 for colours, 1 for grey. Default: as many as the model's input has. */
  readonly channels?: ToTensorOptions['channels'];
  /** Which part of a picture is used. Default: what the files beside the model state, else `cover`. */
  readonly fit?: Fit;
  /** The share of the part that `fit` selects that is used. Default: what the files beside the model state, else 1. */
  readonly centralFraction?: number;
  /** How pictures are resized. Default: what the files beside the model state, else `area`. */
  readonly resizeMethod?: ResizeMethod;
}

/** @internal */
export const PREPARATION_NAMES: OptionNames<PreparationOptions> = {
  preset: true,
  normalize: true,
  channelOrder: true,
  layout: true,
  channels: true,
  fit: true,
  centralFraction: true,
  resizeMethod: true,
};

/** What is known about a model besides the options. */
export interface KnownPreparation {
  /** The model's name in messages. */
  readonly file: string;
  readonly net: Pipeline<Tensor4D, Tensor>;
  /** How the network scales pixels itself, if its stages do not show it. */
  readonly scaling?: PixelScaling | undefined;
  readonly stated?: StatedPreparation | undefined;
  /** Whether it is an export of Teachable Machine, whose models take pixels from −1 to 1. */
  readonly teachable: boolean;
}

/**
 * @internal How pictures are prepared: by the options, else as the files state it, else by a default with a warning. Throws `OptionError`
 * for options that contradict each other or the model, and for a model that does not take pictures.
 */
export function preparationOf(
  { file, net, scaling, stated = {}, teachable }: KnownPreparation,
  options: PreparationOptions & { readonly onWarning?: OnModelWarning },
): PreprocessOptions {
  const { inputShape = [] } = net;
  const input = pictureInput(file, inputShape, options);
  const given = givenPreparation(options);
  const perChannel = stated.normalize && 'mean' in stated.normalize ? [stated.normalize.mean].flat().length : 1;
  const normalize =
    given.normalize ??
    // What is stated for colours says nothing about a model of grey pictures.
    (input.channels === 1 && perChannel > 1 ? undefined : stated.normalize) ??
    rangeOf(scaling ?? firstScaling(net)) ??
    // After the layers: a metadata.json may be beside any model.
    (teachable ? { range: [-1, 1] as const } : assumed(file, options.onWarning));
  const channelOrder = given.channelOrder ?? (input.channels === 3 ? stated.channelOrder : undefined);
  const centralFraction = options.centralFraction ?? stated.centralFraction;
  const resizeMethod = options.resizeMethod ?? stated.resizeMethod;
  return checked({
    ...input,
    fit: options.fit ?? stated.fit ?? 'cover',
    ...(centralFraction === undefined ? {} : { centralFraction }),
    ...(resizeMethod === undefined ? {} : { resizeMethod }),
    ...(channelOrder === undefined || channelOrder === 'rgb' ? {} : { channelOrder }),
    ...normalization(normalize),
  });
}

/** @internal What the options of `preprocess` that a file holds state. */
export function statedBy(options: PreprocessOptions): StatedPreparation {
  const { fit, centralFraction, resizeMethod, channelOrder = 'rgb' } = options;
  return { normalize: normalization(options), ...picked({ fit, centralFraction, resizeMethod, channelOrder }) };
}

/** @internal A known preparation with the options in place of its own. Throws `OptionError`. */
export function withPreparation(known: PreprocessOptions, options: PreparationOptions): PreprocessOptions {
  const { normalize, channelOrder } = givenPreparation(options);
  const { fit, centralFraction, resizeMethod, channels, layout } = options;
  for (const [name, value, own] of [
    ['channels', channels, known.channels ?? 3],
    ['layout', layout, known.layout ?? 'nhwc'],
  ] as const) {
    if (value === undefined || value === own) continue;
    throw new OptionError(`${name} is ${describeValue(value)}, but the model takes ${own}: leave it out`);
  }
  const { width, height } = known;
  const order = channelOrder ?? known.channelOrder;
  return checked({
    width,
    height,
    ...picked({
      fit: fit ?? known.fit,
      centralFraction: centralFraction ?? known.centralFraction,
      resizeMethod: resizeMethod ?? known.resizeMethod,
      channels: known.channels,
      layout: known.layout,
      channelOrder: order === 'rgb' ? undefined : order,
    }),
    ...normalization(normalize ?? known),
  });
}

/** Throws `OptionError` for values that `preprocess` does not take. */
function checked(options: PreprocessOptions): PreprocessOptions {
  preprocess(options);
  return options;
}

/** The normalization and the order of channels that the options ask for. Throws `OptionError` if they contradict each other. */
function givenPreparation({
  preset,
  normalize,
  channelOrder,
}: PreparationOptions): Pick<PreparationOptions, 'normalize' | 'channelOrder'> {
  if (preset === undefined) return { ...(normalize ? { normalize } : {}), ...(channelOrder ? { channelOrder } : {}) };
  if (!Object.hasOwn(presets, preset)) {
    throw new OptionError(`preset must be one of ${Object.keys(presets).join(', ')}, not ${describeValue(preset)}`);
  }
  const { channelOrder: order, ...rest } = presets[preset];
  if (normalize) throw new OptionError(`preset ${preset} states the normalization: leave out one of the two`);
  if (channelOrder !== undefined && channelOrder !== order) {
    throw new OptionError(
      `preset ${preset} is for ${order}, not ${channelOrder}: give the normalization without a preset`,
    );
  }
  return { normalize: rest, channelOrder: order };
}

function rangeOf(scaling: PixelScaling | undefined): NormalizeOptions | undefined {
  const range = scaling && rangeTaken(scaling);
  return range && { range };
}

function assumed(file: string, onWarning: OnModelWarning | undefined): NormalizeOptions {
  warnOfModel(
    onWarning,
    'pixel-range',
    `${file} does not state the range of its pixel values, so they are from 0 to 1. Give preset or normalize (--preset, --range, or --mean and --std) if the model was trained with other values`,
  );
  return { range: [0, 1] };
}

const ofPicture = (size: number | undefined): size is 1 | 3 => size === 1 || size === 3;

/** The size of the pictures that an input takes, their channels and their layout. Throws `OptionError` for another input. */
function pictureInput(
  file: string,
  shape: Shape,
  { layout, channels }: PreparationOptions,
): Pick<PreprocessOptions, 'width' | 'height' | 'channels' | 'layout'> {
  const [, second, third = 0, last] = shape;
  const isPlanar = layout === undefined ? ofPicture(second) && !ofPicture(last) : layout === 'nchw';
  const found = isPlanar ? second : last;
  if (shape.length !== 4 || !ofPicture(found)) {
    const order = layout === undefined ? '' : ` as ${layout}`;
    throw new OptionError(
      `${file} takes ${describeShape(shape)}, not pictures of 1 or 3 channels${order}: read it with layersModel(…) or graphModel(…)`,
    );
  }
  if (channels !== undefined && channels !== found) {
    throw new OptionError(`${file} takes ${describeShape(shape)}, but channels is ${describeValue(channels)}`);
  }
  const [height, width] = isPlanar ? [third, last ?? 0] : [second ?? 0, third];
  return { width, height, channels: found, ...(isPlanar ? { layout: 'nchw' } : {}) };
}
