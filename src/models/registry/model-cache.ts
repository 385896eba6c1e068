import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, WeightsError } from '../../errors/errors.ts';
import { checkRegisteredModel, registeredModels, type RegisteredModel } from './registered-models.ts';
import { differenceIn } from './stored-files.ts';

/** Options for downloaded models. */
export interface ModelCacheOptions {
  /** The folder that keeps models. Default: `SLUICE_CACHE`, else `sluice` in the user's cache folder. */
  readonly cache?: string;
  /** The models that can be downloaded. Default: {@link registeredModels}. */
  readonly models?: readonly RegisteredModel[];
}

/** The names of {@link ModelCacheOptions}. */
export const MODEL_CACHE_OPTION_NAMES: OptionNames<ModelCacheOptions> = { cache: true, models: true };

/** @internal The absolute path of the cache folder. */
export function cacheFolder(given: string | undefined): string {
  if (given) return resolve(given);
  const { SLUICE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (SLUICE_CACHE) return resolve(SLUICE_CACHE);
  const own = process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME;
  return join(own || join(homedir(), '.cache'), 'sluice');
}

/** @internal Finds a model by its name. Throws `OptionError` for an unknown name. */
export function modelNamed(name: string, models: readonly RegisteredModel[] = registeredModels): RegisteredModel {
  for (const model of models) checkRegisteredModel(model);
  const found = models.find((model) => model.name === name);
  if (found) return found;
  const names = models.map((model) => model.name).join(', ');
  throw new OptionError(`no model ${describeValue(name)} can be downloaded: choose one of ${names}`);
}

/** @internal A model's folder. It exists when the download is complete. A model with other contents has another folder. */
export function modelFolder({ name, sha256 }: RegisteredModel, cache: string): string {
  return join(cache, 'models', `${name}-${sha256.slice(0, 12)}`);
}

/** @internal The path of a model in its folder: its main file, or the folder. */
export function storedPath(model: RegisteredModel, cache: string): string {
  const folder = modelFolder(model, cache);
  return model.main === undefined ? folder : join(folder, model.main);
}

/** @internal Whether a model is downloaded and unchanged. Reads its files. */
export function isStored(model: RegisteredModel, cache: string): boolean {
  const folder = modelFolder(model, cache);
  return existsSync(folder) && differenceIn(folder) === undefined;
}

/**
 * Returns the path of a downloaded model: its main file, or its folder if it has no main file.
 *
 * It reads the model's files and compares them with the SHA-256 that each had when it was downloaded. Throws `OptionError` for an
 * unknown name and `WeightsError` for a model that is not downloaded, or has changed since.
 *
 * @see {@link pullModel}, {@link registeredModels}
 *
 * @example
 * try {
 *   modelPath('mnist', { cache: 'an/empty/folder' });
 * } catch (error) {
 *   if (error instanceof SluiceError) console.log(error.message); // mnist is not downloaded: run sluice models pull mnist
 * }
 */
export function modelPath(name: string, options: ModelCacheOptions = {}): string {
  checkOptions('modelPath', options, MODEL_CACHE_OPTION_NAMES);
  const model = modelNamed(name, options.models);
  const cache = cacheFolder(options.cache);
  const folder = modelFolder(model, cache);
  if (!existsSync(folder)) throw new WeightsError(`${name} is not downloaded: run sluice models pull ${name}`);
  const difference = differenceIn(folder);
  if (difference !== undefined) {
    throw new WeightsError(`${name} is not as it was downloaded (${difference}): run sluice models pull ${name}`);
  }
  return storedPath(model, cache);
}
