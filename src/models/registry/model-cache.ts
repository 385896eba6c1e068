import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, WeightsError } from '../../errors/errors.ts';
import { registeredModels, type RegisteredModel } from './registered-models.ts';

/** Where models are kept, and which there are. */
export interface ModelCacheOptions {
  /** Default: `SLUICE_CACHE`, else `sluice` in the user's own cache folder. */
  readonly cache?: string;
  /** Default: {@link registeredModels}. */
  readonly models?: readonly RegisteredModel[];
}

/** @internal The cache folder, made absolute. */
export function cacheFolder(given: string | undefined): string {
  if (given) return resolve(given);
  const { SLUICE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (SLUICE_CACHE) return resolve(SLUICE_CACHE);
  const own = process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME;
  return join(own || join(homedir(), '.cache'), 'sluice');
}

/** @internal Throws `OptionError` for a name that none of them has. */
export function modelNamed(name: string, models: readonly RegisteredModel[] = registeredModels): RegisteredModel {
  const found = models.find((model) => model.name === name);
  if (found) return found;
  const names = models.map((model) => model.name).join(', ');
  throw new OptionError(`there is no model ${describeValue(name)} to pull; there are ${names}`);
}

/** @internal A model's own folder, which is there when all of it is; other contents have another. */
export function modelFolder({ name, sha256 }: RegisteredModel, cache: string): string {
  return join(cache, 'models', `${name}-${sha256.slice(0, 12)}`);
}

/**
 * Where a model is that was pulled before: its main file, or its folder where it has none.
 *
 * Throws `OptionError` for a name that does not exist, `WeightsError` for a model that is not here yet.
 *
 * @see {@link pullModel}, {@link registeredModels}
 *
 * @example
 * try {
 *   modelPath('mnist', { cache: 'an/empty/folder' });
 * } catch (error) {
 *   if (error instanceof SluiceError) console.log(error.message); // mnist is not here yet: sluice models pull mnist
 * }
 */
export function modelPath(name: string, options: ModelCacheOptions = {}): string {
  const model = modelNamed(name, options.models);
  const folder = modelFolder(model, cacheFolder(options.cache));
  if (!existsSync(folder)) throw new WeightsError(`${name} is not here yet: sluice models pull ${name}`);
  return model.main === undefined ? folder : join(folder, model.main);
}
