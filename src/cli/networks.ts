import type { Network } from '../models/network.ts';
import { OptionError, WeightsError } from '../errors.ts';

/** The networks that come with sluice, by name: the package's own exports, loaded when they are used. */
const NETWORKS: Record<string, { readonly module: string; readonly load: string }> = {
  'mobilenet-v1': { module: 'sluice/pipelines/mobilenet-v1', load: 'mobilenetV1' },
};

/** The names `--pipeline` takes. */
export const networkNames = Object.keys(NETWORKS);

/** Loads a network with its weights; throws `OptionError` for a name that does not exist. */
export async function loadNetwork(name: string): Promise<Network> {
  const entry = Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined;
  if (!entry) throw new OptionError(`there is no pipeline ${name}; there is ${networkNames.join(', ')}`);
  const module: Partial<Record<string, () => Promise<Network>>> = await import(entry.module);
  const load = module[entry.load];
  if (!load) throw new Error(`${entry.module} does not export ${entry.load}`);
  const network = await load();
  const { width, height } = network.preprocess;
  const classes = network.pipeline.outputShape([1, height, width, 3]).at(-1);
  // Once, before anything is decoded, instead of for every frame.
  if (network.labels.length !== classes) {
    throw new WeightsError(
      `${name} has ${network.labels.length} labels, but gives ${classes} scores: one is needed for each`,
    );
  }
  return network;
}
