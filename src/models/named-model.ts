import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OptionError } from '../errors/errors.ts';
import type { Fit, ResizeMethod } from '../preprocess/fit.ts';
import type { PresetName } from '../preprocess/presets.ts';
import type { ChannelOrder, Layout } from '../preprocess/to-tensor.ts';
import type { NormalizeOptions } from '../stage/normalization.ts';
import { sourceName } from '../sources/source-name.ts';
import { fittingLabels, imagenetLabels, loadLabels } from './labels.ts';
import { mainFileIn } from './main-file.ts';
import { withPreparation, type PreparationOptions } from './preparation.ts';
import { importAny, importPipeline } from './import-model.ts';
import type { Constant } from './graph/graph-model-options.ts';
import type { ModelFiles } from './model-from.ts';
import type { Model } from './model.ts';
import type { OnnxModelOptions } from './onnx/onnx-model-options.ts';
import type { OutputKind } from './output-kind.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';

/** A ready-made model: a module of this package, which is loaded when the model is used. */
interface ReadyMade {
  readonly module: string;
  /** The name of the function that makes the pipeline without weights. */
  readonly pipeline: string;
  /** The name of the function that makes the model. */
  readonly load: string;
}

const readyMade = (name: string, load: string): readonly [string, ReadyMade] => [
  name,
  { module: `sluice/pipelines/${name}`, pipeline: `${load}Pipeline`, load },
];

const READY_MADE: ReadonlyMap<string, ReadyMade> = new Map([
  readyMade('lenet5', 'lenet5'),
  readyMade('alexnet', 'alexnet'),
  readyMade('vgg16', 'vgg16'),
  readyMade('mobilenet-v1', 'mobilenetV1'),
  readyMade('mobilenet-v2', 'mobilenetV2'),
  readyMade('resnet50', 'resnet50'),
  readyMade('squeezenet', 'squeezenet'),
]);

/** Help text: the values that name a model. */
export const modelHelp = `the model: ${[...READY_MADE.keys()].join(', ')}, or your own model (path or URL of a model.json, its folder, or a .safetensors, .onnx, .tflite, .h5 or .keras file)`;

/** The choice of a model: its name or path, and settings that its file does not contain. Plain JSON for other processes. */
export interface ModelChoice {
  /** A ready-made model (`mobilenet-v1`), or the path or URL of a model file. */
  readonly model: string;
  /** The path or URL of a safetensors file with the weights. */
  readonly weights?: string;
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
  /** The node that takes the pictures, of a graph model with several inputs. */
  readonly input?: string;
  /** The values of a graph model's other inputs, by name. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /** The inputs of a graph model that take what an output was for the frame before, each with that output. */
  readonly state?: Readonly<Record<string, string>>;
  /** The layer or node whose value is the output, or several, of a model of your own with several outputs. */
  readonly output?: string | readonly string[];
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

/**
 * Loads a model with its weights: a ready-made model by its name, or a model file by its path or URL. Throws `OptionError` for
 * an unknown name.
 */
export async function loadModel(
  choice: ModelChoice,
  onWarning: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Model<object, object>> {
  const { model: name, weights, labels, seed, size, maxWork } = choice;
  const preparation = preparationIn(choice);
  const entry = READY_MADE.get(name);
  if (entry && size) throw new OptionError(`${name} has a fixed input size: leave out --size`);
  const foreign = Object.entries(NODE_OPTIONS).find(([option]) => choice[option as keyof ModelChoice] !== undefined);
  if (entry && foreign) throw new OptionError(`${name} gives scores of one picture: leave out ${foreign[1]}`);
  if (entry) return readyMadeModel(entry, choice, preparation, onWarning, signal);
  if (weights !== undefined || seed !== undefined) {
    throw new OptionError(
      `${name} is a file with weights: leave out ${weights === undefined ? '--seed' : '--weights'}`,
    );
  }
  const model = await importAny(modelAt(name), {
    onWarning,
    maxWork,
    signal,
    ...preparation,
    ...(labels === undefined ? {} : { labels: await labelsCalled(labels, signal) }),
    ...inputShape(choice),
    ...nodesIn(choice),
  });
  // What another library runs is one stage, which that library optimizes.
  const canFold = !model.pipeline.parts.some(({ stage }) => ['graphModel', 'onnxRuntime'].includes(stage.spec.op));
  return canFold ? { ...model, pipeline: foldBatchNorm(model.pipeline) } : model;
}

/** The options that say what a model of one's own takes and gives, as the command line names them. */
const NODE_OPTIONS = {
  input: '--input',
  constants: '--constant',
  state: '--state',
  output: '--output',
  outputKind: '--output-kind',
  fromLogits: '--from-logits',
  onnxRuntime: '--onnx-runtime',
} as const;

function nodesIn(
  choice: Pick<ModelChoice, 'model'> & Partial<ModelChoice>,
): Pick<ModelChoice, keyof typeof NODE_OPTIONS> {
  const names = Object.keys(NODE_OPTIONS) as (keyof typeof NODE_OPTIONS)[];
  return Object.fromEntries(names.filter((name) => choice[name] !== undefined).map((name) => [name, choice[name]]));
}

/** Loads a ready-made model. How its pixels are normalized follows from its weights. */
async function readyMadeModel(
  entry: ReadyMade,
  { model: name, weights, labels, seed, maxWork }: ModelChoice,
  preparation: PreparationOptions,
  onWarning: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Model<object, object>> {
  const fixed = (['preset', 'normalize', 'channelOrder'] as const).find((option) => preparation[option] !== undefined);
  if (weights === undefined && fixed !== undefined) {
    const option = { preset: '--preset', normalize: '--range, --mean and --std', channelOrder: '--channel-order' }[
      fixed
    ];
    throw new OptionError(`${name} has a fixed range of pixel values: leave out ${option}, or give --weights`);
  }
  const given = labels === undefined ? undefined : await labelsCalled(labels, signal);
  const model = await forCommandLine(
    call<Model>(entry, entry.load, {
      maxWork,
      signal,
      ...(weights === undefined ? {} : { weights: locate(weights) }),
      ...(given ? { labels: fittingLabels(name, given, await classesOf(entry), onWarning) } : {}),
      ...(seed === undefined ? {} : { seed }),
    }),
  );
  return { ...model, preprocess: withPreparation(model.preprocess, preparation) };
}

async function classesOf(entry: ReadyMade): Promise<number> {
  const net: Model['pipeline'] = await call(entry, entry.pipeline);
  return net.outputShape(net.inputShape ?? []).at(-1) ?? 0;
}

/** The names in a file, or those of ImageNet's classes. */
function labelsCalled(labels: string, signal: AbortSignal | undefined): Promise<string[]> {
  return labels === 'imagenet' ? imagenetLabels(signal) : loadLabels(locate(labels), signal);
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

/** Loads the pipeline of a model. That of a ready-made model has no weights. */
export async function loadPipeline(
  choice: Pick<ModelChoice, 'model' | 'size' | 'maxWork' | 'input' | 'constants' | 'state' | 'output' | 'onnxRuntime'>,
  onWarning: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Model['pipeline']> {
  const { model: name, size, maxWork } = choice;
  const entry = READY_MADE.get(name);
  if (entry) return call(entry, entry.pipeline);
  return importPipeline(modelAt(name), { onWarning, maxWork, signal, ...inputShape({ size }), ...nodesIn(choice) });
}

async function call<T>(entry: ReadyMade, name: string, files: ModelFiles = {}): Promise<T> {
  const module: Partial<Record<string, (files: ModelFiles) => T | Promise<T>>> = await import(entry.module);
  const load = module[name];
  if (!load) throw new Error(`${entry.module} does not export ${name}`);
  return load(files);
}

/** Adds the command line's options to the library's error messages. */
async function forCommandLine(loading: Promise<Model>): Promise<Model<object, object>> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(`${error.message} (--weights FILE, --seed N)`, { cause: error });
  }
}

/** The input shape for a picture size: colour pictures, one at a time, unless the choice says otherwise. */
function inputShape({
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

/** The URL of a model's main file. `name` may also be the path of its folder. */
function modelAt(name: string): URL {
  const url = locate(name);
  if (url.protocol !== 'file:') return url;
  if (!existsSync(url)) throw new OptionError(`no model and no file is called ${name}: give ${modelHelp}`);
  return statSync(url).isDirectory() ? pathToFileURL(mainFileIn(fileURLToPath(url))) : url;
}

function locate(text: string): URL {
  if (!/^https?:/i.test(text)) return pathToFileURL(resolve(text));
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${sourceName(text)} is not a URL`);
}
