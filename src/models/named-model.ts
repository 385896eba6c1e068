import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError } from '../errors/errors.ts';
import { describeUrl, loadBytes } from './load-bytes.ts';
import { readLabels } from './labels.ts';
import { importModel, importPipeline } from './import-model.ts';
import type { ModelFiles } from './model-from.ts';
import type { Model } from './model.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';

/** A ready-made model: an export of the package, loaded when it is used. */
interface ReadyMade {
  readonly module: string;
  /** The name of the function that makes its pipeline, without weights. */
  readonly pipeline: string;
  /** The name of the function that makes the whole model. */
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

/** What a model is named by, in words. */
export const modelHelp = `the model: ${[...READY_MADE.keys()].join(', ')}, or one of your own (path or URL of a model.json, its folder, or a .safetensors file)`;

/** A model by its name or path, and what it does not say of itself: plain JSON, so that another process can load it. */
export interface ModelChoice {
  /** A ready-made model (`mobilenet-v1`), or the path or URL of a model file. */
  readonly model: string;
  /** Its weights, as safetensors: path or URL. */
  readonly weights?: string;
  /** A JSON list of one name per class: path or URL. */
  readonly labels?: string;
  /** Random weights, drawn from this number. */
  readonly seed?: number;
  /** The range of pixel values that a model file was trained with, where it does not say. */
  readonly range?: readonly [number, number];
  /** The size of the pictures that a model file gets, where it leaves that open. */
  readonly size?: PictureSize;
}

/** In pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Loads a model with its weights: a ready-made one by its name, or a model file by its path or URL. Throws `OptionError` for
 * a name that does not exist.
 */
export async function loadModel(
  { model: name, weights, labels, seed, range, size }: ModelChoice,
  onWarning: (message: string) => void = () => undefined,
): Promise<Model> {
  const files: ModelFiles = {
    ...(weights === undefined ? {} : { weights: locate(weights) }),
    ...(labels === undefined ? {} : { labels: locate(labels) }),
    ...(seed === undefined ? {} : { seed }),
  };
  const entry = READY_MADE.get(name);
  if (entry && range) throw new OptionError(`${name} knows how it wants its pixels: leave out --range`);
  if (entry && size) throw new OptionError(`${name} has its own size: leave out --size`);
  if (entry) return forCommandLine(call<Model>(entry, entry.load, files));
  if (weights !== undefined || seed !== undefined) {
    throw new OptionError(
      `${name} has weights of its own: leave out ${weights === undefined ? '--seed' : '--weights'}`,
    );
  }
  const model = await importModel(modelAt(name), {
    onWarning,
    ...(files.labels ? { labels: readLabels(await loadBytes(files.labels), describeUrl(files.labels)) } : {}),
    ...(range ? { normalize: { range } } : {}),
    ...inputShape(size),
  });
  // The converter optimizes a graph model itself.
  const ours = model.pipeline.parts.every(({ stage }) => stage.spec.op !== 'graphModel');
  return ours ? { ...model, pipeline: foldBatchNorm(model.pipeline) } : model;
}

/** The pipeline of a model; of a ready-made one without weights. */
export async function loadPipeline(
  name: string,
  size?: PictureSize,
  onWarning: (message: string) => void = () => undefined,
): Promise<Model['pipeline']> {
  const entry = READY_MADE.get(name);
  return entry ? call(entry, entry.pipeline) : importPipeline(modelAt(name), { onWarning, ...inputShape(size) });
}

async function call<T>(entry: ReadyMade, name: string, files: ModelFiles = {}): Promise<T> {
  const module: Partial<Record<string, (files: ModelFiles) => T | Promise<T>>> = await import(entry.module);
  const load = module[name];
  if (!load) throw new Error(`${entry.module} does not export ${name}`);
  return load(files);
}

/** The library's words for what is missing, with the options by which the command line gives it. */
async function forCommandLine(loading: Promise<Model>): Promise<Model> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(`${error.message} (--weights FILE, --seed N)`, { cause: error });
  }
}

/** Pictures in colour, as models that leave their size open want them. */
function inputShape(size: PictureSize | undefined): { inputShape?: readonly number[] } {
  return size ? { inputShape: [1, size.height, size.width, 3] } : {};
}

/** The main file of a model, which may be given by its folder. */
function modelAt(name: string): URL {
  const url = locate(name);
  if (url.protocol !== 'file:') return url;
  if (!existsSync(url)) throw new OptionError(`there is no model ${name}, and no such file: give ${modelHelp}`);
  if (!statSync(url).isDirectory()) return url;
  const inside = pathToFileURL(resolve(name, 'model.json'));
  if (existsSync(inside)) return inside;
  throw new OptionError(`there is no model ${name}, and the folder of that name has no model.json: give ${modelHelp}`);
}

function locate(text: string): URL {
  if (!/^https?:/i.test(text)) return pathToFileURL(resolve(text));
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${text} is not a URL`);
}
