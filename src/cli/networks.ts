import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionError, WeightsError } from '../errors.ts';
import { describeUrl, loadBytes } from '../models/load-bytes.ts';
import { readModel } from '../models/model-file.ts';
import type { Network } from '../models/network.ts';

/** The networks that come with sluice, by name: the package's own exports, loaded when they are used. */
const NETWORKS: Record<string, { readonly module: string; readonly load: string }> = {
  'mobilenet-v1': { module: 'sluice/pipelines/mobilenet-v1', load: 'mobilenetV1' },
};

/** What `--pipeline` takes, in words. */
export const pipelineHelp = `the network: ${Object.keys(NETWORKS).join(', ')}, or a model file of sluice (path or URL)`;

/**
 * Loads a network with its weights: one that comes with sluice, by its name, or a model file, by its path or URL. Throws
 * `OptionError` for a name that does not exist.
 */
export async function loadNetwork(name: string): Promise<Network> {
  const network = Object.hasOwn(NETWORKS, name) ? await loadNamed(name) : await loadFile(name);
  const { width, height, channels = 3 } = network.preprocess;
  const classes = network.pipeline.outputShape([1, height, width, channels]).at(-1);
  // Once, before anything is decoded, instead of for every frame.
  if (network.labels.length !== classes) {
    throw new WeightsError(
      `${name} has ${network.labels.length} labels, but gives ${classes} scores: one is needed for each`,
    );
  }
  return network;
}

async function loadNamed(name: string): Promise<Network> {
  const entry = NETWORKS[name] as { module: string; load: string };
  const module: Partial<Record<string, () => Promise<Network>>> = await import(entry.module);
  const load = module[entry.load];
  if (!load) throw new Error(`${entry.module} does not export ${entry.load}`);
  return load();
}

async function loadFile(name: string): Promise<Network> {
  const url = /^https?:/i.test(name) ? urlOf(name) : pathToFileURL(resolve(name));
  if (url.protocol === 'file:' && (!existsSync(name) || statSync(name).isDirectory())) {
    const what = existsSync(name) ? 'is a folder' : 'is no file';
    throw new OptionError(`there is no pipeline ${name}, and it ${what}: give ${pipelineHelp}`);
  }
  return readModel(await loadBytes(url), describeUrl(url));
}

function urlOf(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new OptionError(`${text} is not a URL: give ${pipelineHelp}`);
}
