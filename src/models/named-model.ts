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

/** A network that comes with sluice: an export of the package, loaded when it is used. */
interface Named {
  readonly module: string;
  /** Its stages alone. */
  readonly pipeline: string;
  /** Its stages with weights, labels and preprocessing. */
  readonly load: string;
}

const named = (name: string, load: string): readonly [string, Named] => [
  name,
  { module: `sluice/pipelines/${name}`, pipeline: `${load}Pipeline`, load },
];

const NETWORKS: ReadonlyMap<string, Named> = new Map([
  named('lenet5', 'lenet5'),
  named('alexnet', 'alexnet'),
  named('vgg16', 'vgg16'),
  named('mobilenet-v1', 'mobilenetV1'),
  named('mobilenet-v2', 'mobilenetV2'),
  named('resnet50', 'resnet50'),
  named('squeezenet', 'squeezenet'),
]);

/** What names a network, in words. */
export const pipelineHelp = `the network: ${[...NETWORKS.keys()].join(', ')}, or a model of your own (path or URL of a model.json, its folder, or a .safetensors file)`;

/** A network by its name or path, and what else is to be said of it: plain JSON, so that another process can load it. */
export interface ModelChoice {
  /** One that comes with sluice (`mobilenet-v1`), or the path or URL of a model of one's own. */
  readonly pipeline: string;
  /** Its weights, as safetensors: path or URL. */
  readonly weights?: string;
  /** A JSON list of one name per class: path or URL. */
  readonly labels?: string;
  /** Random weights, drawn from this number. */
  readonly seed?: number;
  /** What a model of one's own wants its pixels as, where it does not say. */
  readonly range?: readonly [number, number];
  /** What it gets its pictures as, where it leaves that open. */
  readonly size?: PictureSize;
}

/** In pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Loads a network with its weights: one that comes with sluice, by its name, or any model that can be read, by its path
 * or URL. Throws
 * `OptionError` for a name that does not exist.
 */
export async function loadModel(
  { pipeline: name, weights, labels, seed, range, size }: ModelChoice,
  onWarning: (message: string) => void = () => undefined,
): Promise<Model> {
  const files: ModelFiles = {
    ...(weights === undefined ? {} : { weights: locate(weights) }),
    ...(labels === undefined ? {} : { labels: locate(labels) }),
    ...(seed === undefined ? {} : { seed }),
  };
  const entry = NETWORKS.get(name);
  if (entry && range) throw new OptionError(`${name} knows how it wants its pixels: leave out --range`);
  if (entry && size) throw new OptionError(`${name} has its own size: leave out --size`);
  if (entry) return forCommandLine(call<Model>(entry, entry.load, files));
  if (weights !== undefined || seed !== undefined) {
    throw new OptionError(
      `${name} has weights of its own: leave out ${weights === undefined ? '--seed' : '--weights'}`,
    );
  }
  const network = await importModel(modelAt(name), {
    onWarning,
    ...(files.labels ? { labels: readLabels(await loadBytes(files.labels), describeUrl(files.labels)) } : {}),
    ...(range ? { normalize: { range } } : {}),
    ...inputShape(size),
  });
  // What the converter runs, it optimizes itself.
  const ours = network.pipeline.parts.every(({ stage }) => stage.spec.op !== 'graphModel');
  return ours ? { ...network, pipeline: foldBatchNorm(network.pipeline) } : network;
}

/** The stages of a network, for which it needs no weights where it comes with sluice. */
export async function loadPipeline(
  name: string,
  size?: PictureSize,
  onWarning: (message: string) => void = () => undefined,
): Promise<Model['pipeline']> {
  const entry = NETWORKS.get(name);
  return entry ? call(entry, entry.pipeline) : importPipeline(modelAt(name), { onWarning, ...inputShape(size) });
}

async function call<T>(entry: Named, name: string, files: ModelFiles = {}): Promise<T> {
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
  if (!existsSync(url)) throw new OptionError(`there is no pipeline ${name}, and it is no file: give ${pipelineHelp}`);
  if (!statSync(url).isDirectory()) return url;
  const inside = pathToFileURL(resolve(name, 'model.json'));
  if (existsSync(inside)) return inside;
  throw new OptionError(`there is no pipeline ${name}, and it is a folder without a model.json: give ${pipelineHelp}`);
}

function locate(text: string): URL {
  if (!/^https?:/i.test(text)) return pathToFileURL(resolve(text));
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${text} is not a URL`);
}
