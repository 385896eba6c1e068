import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError, WeightsError } from '../errors.ts';
import { describeUrl, loadBytes } from '../models/load-bytes.ts';
import { readLabels } from '../models/labels.ts';
import { readModel } from '../models/model-file.ts';
import type { NetworkFiles } from '../models/network-from.ts';
import type { Network } from '../models/network.ts';

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

/** What `--pipeline` takes, in words. */
export const pipelineHelp = `the network: ${[...NETWORKS.keys()].join(', ')}, or a model file of sluice (path or URL)`;

/** What the command line says of a network beside its name. */
export interface NetworkCommand {
  readonly pipeline: string;
  readonly weights?: string;
  readonly labels?: string;
  readonly seed?: number;
}

/**
 * Loads a network with its weights: one that comes with sluice, by its name, or a model file, by its path or URL. Throws
 * `OptionError` for a name that does not exist.
 */
export async function loadNetwork({ pipeline: name, weights, labels, seed }: NetworkCommand): Promise<Network> {
  const files: NetworkFiles = {
    ...(weights === undefined ? {} : { weights: locate(weights) }),
    ...(labels === undefined ? {} : { labels: locate(labels) }),
    ...(seed === undefined ? {} : { seed }),
  };
  const entry = NETWORKS.get(name);
  if (entry) return forCommandLine(call<Network>(entry, entry.load, files));
  const network = await loadFile(name, files);
  const { width, height, channels = 3 } = network.preprocess;
  const classes = network.pipeline.outputShape([1, height, width, channels]).at(-1);
  // Once, before anything is decoded, instead of for every frame.
  if (network.labels.length !== classes) {
    throw new WeightsError(
      `${labels ?? name} has ${network.labels.length} labels, but ${name} gives ${classes} scores: one is needed for each`,
    );
  }
  return network;
}

/** The stages of a network, for which it needs no weights where it comes with sluice. */
export async function loadPipeline(name: string): Promise<Network['pipeline']> {
  const entry = NETWORKS.get(name);
  return entry ? call(entry, entry.pipeline) : (await loadFile(name, {})).pipeline;
}

async function call<T>(entry: Named, name: string, files: NetworkFiles = {}): Promise<T> {
  const module: Partial<Record<string, (files: NetworkFiles) => T | Promise<T>>> = await import(entry.module);
  const load = module[name];
  if (!load) throw new Error(`${entry.module} does not export ${name}`);
  return load(files);
}

/** The library's words for what is missing, with the options by which the command line gives it. */
async function forCommandLine(loading: Promise<Network>): Promise<Network> {
  try {
    return await loading;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(`${error.message} (--weights FILE, --seed N)`, { cause: error });
  }
}

async function loadFile(name: string, { weights, labels, seed }: NetworkFiles): Promise<Network> {
  const url = locate(name);
  if (url.protocol === 'file:' && (!existsSync(url) || statSync(url).isDirectory())) {
    const what = existsSync(url) ? 'is a folder' : 'is no file';
    throw new OptionError(`there is no pipeline ${name}, and it ${what}: give ${pipelineHelp}`);
  }
  if (weights || seed !== undefined) {
    throw new OptionError(`${name} has weights of its own: leave out ${weights ? '--weights' : '--seed'}`);
  }
  const network = readModel(await loadBytes(url), describeUrl(url));
  return labels ? { ...network, labels: readLabels(await loadBytes(labels), describeUrl(labels)) } : network;
}

function locate(text: string): URL {
  if (!/^https?:/i.test(text)) return pathToFileURL(resolve(text));
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${text} is not a URL`);
}
