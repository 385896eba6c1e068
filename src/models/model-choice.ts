import { OptionError } from '../errors/errors.ts';
import type { Fit, ResizeMethod } from '../preprocess/fit.ts';
import type { PresetName } from '../preprocess/presets.ts';
import type { ChannelOrder, Layout } from '../preprocess/to-tensor.ts';
import type { NormalizeOptions } from '../stage/normalization.ts';
import type { TaskSpec } from '../tasks/task.ts';
import type { Constant } from './graph/graph-model-options.ts';
import type { OnnxModelOptions } from './onnx/onnx-model-options.ts';
import type { OutputKind } from './output-kind.ts';
import type { PreparationOptions } from './preparation.ts';

/** The choice of a model: its name or path, and settings that its file does not contain. Plain JSON for other processes. */
export interface ModelChoice {
  /** A ready-made model (`mobilenet-v1`), or the path or URL of a model file. */
  readonly model: string;
  /** The path or URL of a safetensors file with the weights. */
  readonly weights?: string;
  /** `int8` for the weights of a ready-made model as integers of 8 bits. Default: its floats. */
  readonly precision?: 'int8';
  /** The path or URL of a file with one name per class, in any form that `readLabels` reads, or `imagenet`. */
  readonly labels?: string;
  /** The seed of random weights. */
  readonly seed?: number;
  /** The preparation of a family of models: its normalization and its order of channels. See `presets`. */
  readonly preset?: PresetName;
  /** The range of pixel values that the model was trained with, if its files do not state it. */
  readonly range?: readonly [number, number];
  /** What is subtracted from pixel values that were multiplied by `scale`: one number, or one for each channel. */
  readonly mean?: readonly number[];
  /** What the difference is divided by: one number, or one for each channel. */
  readonly std?: readonly number[];
  /** What pixel values (0–255) are multiplied by before `mean` is subtracted. Default 1 / 255. */
  readonly scale?: number;
  /** The order of the channels. Default: as the model's files say, else `rgb`. */
  readonly channelOrder?: ChannelOrder;
  /** The order of the input's dimensions. Default: by the input's shape. */
  readonly layout?: Layout;
  /** 3 for colours, 1 for grey. Default: as many as the model's input has. */
  readonly channels?: 1 | 3;
  /** Which part of a picture is used. Default: as the model says. */
  readonly fit?: Fit;
  /** The share of that part that is used. Default: as the model says. */
  readonly centralFraction?: number;
  /** How pictures are resized. Default: as the model says. */
  readonly resizeMethod?: ResizeMethod;
  /** The input size, if the model file does not fix it. */
  readonly size?: PictureSize;
  /** The node that takes the pictures, of a graph or ONNX model with several inputs. */
  readonly input?: string;
  /** The values of such a model's other inputs, by name. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /** The inputs of such a model that take what an output was for the frame before, each with that output. */
  readonly state?: Readonly<Record<string, string>>;
  /** The layer or node whose value is the output, or several, of a model of your own with several outputs. */
  readonly output?: string | readonly string[];
  /** What the outputs of a model of your own mean, if its files do not say it. */
  readonly task?: TaskSpec;
  /** What the output of a model of your own is, if its files do not say it; of several outputs also for each by its name. */
  readonly outputKind?: OutputKind | Readonly<Record<string, OutputKind>>;
  /** Whether the output of a binary or multiLabel model is logits. */
  readonly fromLogits?: boolean;
  /** What of an ONNX model runs on ONNX Runtime: the whole model, or the rest that stages cannot do. Default: nothing. */
  readonly onnxRuntime?: NonNullable<OnnxModelOptions['onnxRuntime']>;
  /** The most multiply-adds or visits of values that one frame may take. Default 1e13. */
  readonly maxWork?: number;
}

/** A size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The options that say what a model of one's own takes and gives, as the command line names them. */
export const NODE_OPTIONS = {
  input: '--input',
  constants: '--constant',
  state: '--state',
  output: '--output',
  outputKind: '--output-kind',
  fromLogits: '--from-logits',
  onnxRuntime: '--onnx-runtime',
} as const;

/** The same of a choice, for `importModel`. */
export function nodesIn(
  choice: Pick<ModelChoice, 'model'> & Partial<ModelChoice>,
): Pick<ModelChoice, keyof typeof NODE_OPTIONS> {
  const names = Object.keys(NODE_OPTIONS) as (keyof typeof NODE_OPTIONS)[];
  return Object.fromEntries(names.filter((name) => choice[name] !== undefined).map((name) => [name, choice[name]]));
}

/** The options of `importModel` that a choice stands for. Throws `OptionError` for options that exclude each other. */
export function preparationIn(choice: ModelChoice): PreparationOptions {
  const { range, mean, std, scale } = choice;
  const given = Object.entries({ preset: choice.preset, range, mean, std, scale }).filter(
    ([, value]) => value !== undefined,
  );
  const names = given.map(([name]) => `--${name}`);
  if (names.length > 1 && (choice.preset !== undefined || range !== undefined)) {
    throw new OptionError(
      `${names.join(' and ')} exclude each other: give a preset, a range, or a mean and a deviation`,
    );
  }
  if ((mean === undefined) !== (std === undefined) || (scale !== undefined && mean === undefined)) {
    throw new OptionError(
      `${names.join(' and ')}: --mean and --std belong together: --mean 0 and --std 1 change nothing`,
    );
  }
  const normalize: NormalizeOptions | undefined = range
    ? { range }
    : mean && std && { mean, std, ...(scale === undefined ? {} : { scale }) };
  const others = ['preset', 'channelOrder', 'layout', 'channels', 'fit', 'centralFraction', 'resizeMethod'] as const;
  const named = others.filter((name) => choice[name] !== undefined).map((name) => [name, choice[name]] as const);
  return { ...Object.fromEntries(named), ...(normalize ? { normalize } : {}) };
}

/** The input shape for a picture size: colour pictures, one at a time, unless the choice says otherwise. */
export function inputShapeIn({
  size,
  channels = 3,
  layout,
}: { readonly [Name in 'size' | 'channels' | 'layout']?: ModelChoice[Name] | undefined }): {
  inputShape?: readonly number[];
} {
  if (!size) return {};
  const { width, height } = size;
  return { inputShape: layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels] };
}
