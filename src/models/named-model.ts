import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError } from '../errors/errors.ts';
import { sourceName } from '../sources/source-name.ts';
import { loadLabels } from './labels.ts';
import { mainFileIn } from './main-url.ts';
import { importAny, importPipeline } from './import-model.ts';
import type { ModelFiles } from './model-from.ts';
import type { Model } from './model.ts';
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
export const modelHelp = `the model: ${[...READY_MADE.keys()].join(', ')}, or your own model (path or URL of a model.json, its folder, or a .safetensors, .onnx, .h5 or .keras file)`;

/** The choice of a model: its name or path, and settings that its file does not contain. Plain JSON for other processes. */
export interface ModelChoice {
  /** A ready-made model (`mobilenet-v1`), or the path or URL of a model file. */
  readonly model: string;
  /** The path or URL of a safetensors file with the weights. */
  readonly weights?: string;
  /** The path or URL of a JSON list with one name per class. */
  readonly labels?: string;
  /** The seed of random weights. */
  readonly seed?: number;
  /** The range of pixel values that the model was trained with, if its file does not state it. */
  readonly range?: readonly [number, number];
  /** The input size, if the model file does not fix it. */
  readonly size?: PictureSize;
  /** What the output of a model of your own is, if its files do not say it. */
  readonly outputKind?: OutputKind;
  /** Whether the output of a binary or multiLabel model is logits. */
  readonly fromLogits?: boolean;
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
  { model: name, weights, labels, seed, range, size, outputKind, fromLogits, maxWork }: ModelChoice,
  onWarning: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Model<object, object>> {
  const files: ModelFiles = {
    maxWork,
    signal,
    ...(weights === undefined ? {} : { weights: locate(weights) }),
    ...(labels === undefined ? {} : { labels: locate(labels) }),
    ...(seed === undefined ? {} : { seed }),
  };
  const entry = READY_MADE.get(name);
  if (entry && range) throw new OptionError(`${name} has a fixed range of pixel values: leave out --range`);
  if (entry && size) throw new OptionError(`${name} has a fixed input size: leave out --size`);
  if (entry && (outputKind !== undefined || fromLogits !== undefined)) {
    throw new OptionError(
      `${name} gives scores: leave out ${outputKind === undefined ? '--from-logits' : '--output-kind'}`,
    );
  }
  if (entry) return forCommandLine(call<Model>(entry, entry.load, files));
  if (weights !== undefined || seed !== undefined) {
    throw new OptionError(
      `${name} is a file with weights: leave out ${weights === undefined ? '--seed' : '--weights'}`,
    );
  }
  const model = await importAny(modelAt(name), {
    onWarning,
    maxWork,
    signal,
    ...(files.labels ? { labels: await loadLabels(files.labels, signal) } : {}),
    ...(range ? { normalize: { range } } : {}),
    ...inputShape(size),
    ...(outputKind === undefined ? {} : { outputKind }),
    ...(fromLogits === undefined ? {} : { fromLogits }),
  });
  // A graph model is one stage, and TensorFlow's converter has optimized it already.
  const canFold = model.pipeline.parts.every(({ stage }) => stage.spec.op !== 'graphModel');
  return canFold ? { ...model, pipeline: foldBatchNorm(model.pipeline) } : model;
}

/** Loads the pipeline of a model. That of a ready-made model has no weights. */
export async function loadPipeline(
  { model: name, size, maxWork }: Pick<ModelChoice, 'model' | 'size' | 'maxWork'>,
  onWarning: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Model['pipeline']> {
  const entry = READY_MADE.get(name);
  if (entry) return call(entry, entry.pipeline);
  return importPipeline(modelAt(name), { onWarning, maxWork, signal, ...inputShape(size) });
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

/** The input shape for a picture size: colour pictures, one at a time. */
function inputShape(size: PictureSize | undefined): { inputShape?: readonly number[] } {
  return size ? { inputShape: [1, size.height, size.width, 3] } : {};
}

/** The URL of a model's main file. `name` may also be the path of its folder. */
function modelAt(name: string): URL {
  const url = locate(name);
  if (url.protocol !== 'file:') return url;
  if (!existsSync(url)) throw new OptionError(`no model and no file is called ${name}: give ${modelHelp}`);
  if (!statSync(url).isDirectory()) return url;
  const inside = mainFileIn(pathToFileURL(`${resolve(name)}/`));
  if (inside !== undefined) return pathToFileURL(resolve(name, inside));
  throw new OptionError(`no model is called ${name}, and the folder ${name} has no model.json: give ${modelHelp}`);
}

function locate(text: string): URL {
  if (!/^https?:/i.test(text)) return pathToFileURL(resolve(text));
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${sourceName(text)} is not a URL`);
}
