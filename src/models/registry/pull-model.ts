import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../errors/code-of.ts';
import { messageOf, SluiceError, SourceError } from '../../errors/errors.ts';
import { fetchArchive } from './fetch-archive.ts';
import {
  MODEL_CACHE_OPTION_NAMES,
  cacheFolder,
  isStored,
  modelFolder,
  modelNamed,
  storedPath,
  type ModelCacheOptions,
} from './model-cache.ts';
import { registeredModels, type RegisteredModel } from './registered-models.ts';
import { syncFolder, syncTree, makeFolders } from '../../disk/sync.ts';
import { differenceIn, listFiles } from './stored-files.ts';
import { isOfModel, takeFiles } from './take-files.ts';
import { unpack } from './unpack.ts';

/** Options of {@link pullModel}. */
export interface PullOptions extends ModelCacheOptions {
  /** Cancels the download and deletes what is downloaded so far. */
  readonly signal?: AbortSignal;
  /** Downloads the model even if it is already downloaded and unchanged. Default false. */
  readonly force?: boolean;
}

const NAMES: OptionNames<PullOptions> = { ...MODEL_CACHE_OPTION_NAMES, signal: true, force: true };

/**
 * Downloads a model unless it is already downloaded and unchanged, and resolves to its path, as {@link modelPath} returns it. It
 * checks the SHA-256 before it unpacks anything. Other models of the same archive are stored as well. The model appears in the cache only when it is complete, also if the download is
 * interrupted or several processes download it at once.
 *
 * Throws `OptionError` for an unknown name, and for a model of your own whose description is wrong. Throws `SourceError` if the
 * download fails, has another SHA-256, or can't be stored.
 *
 * @see {@link modelPath}, {@link registeredModels}
 *
 * @example
 * await pullModel('my-model').catch((error) => console.log(error.code)); // option
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<string> {
  checkOptions('pullModel', options, NAMES);
  const model = modelNamed(name, options.models);
  const cache = cacheFolder(options.cache);
  if (options.force === true || !isStored(model, cache)) {
    // An archive may hold several models: a second download would bring the same bytes.
    const others = (options.models ?? registeredModels).filter((other) => other !== model && isBeside(other, model));
    await pull(model, [model, ...others.filter((other) => !isStored(other, cache))], cache, options.signal);
  }
  return storedPath(model, cache);
}

/** Whether two models are in one archive. */
function isBeside(other: RegisteredModel, { sha256, folder }: RegisteredModel): boolean {
  return other.sha256 === sha256 && other.folder !== undefined && folder !== undefined;
}

/** Downloads the archive of a model, and stores all `models` that it holds. */
async function pull(
  model: RegisteredModel,
  models: readonly RegisteredModel[],
  cache: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parent = dirname(modelFolder(model, cache));
  let work: string | undefined;
  try {
    makeFolders(parent);
    await sweep(parent);
    work = await mkdtemp(join(parent, WORK));
    const archive = await fetchArchive(model, work, signal);
    const unpacked = join(work, 'unpacked');
    if (model.folder !== undefined) {
      const isWanted = (path: string) => models.some((one) => isOfModel(one, path));
      await unpack({ archive, bytes: model.bytes }, unpacked, isWanted, signal);
    }
    for (const [i, one] of models.entries()) {
      signal?.throwIfAborted();
      const made = join(work, `made-${i}`);
      if (one.folder === undefined) await storeFile(one, archive, made);
      else await takeFiles(one, unpacked, made);
      listFiles(made);
      syncTree(made);
      await replace(modelFolder(one, cache), made, join(work, `old-${i}`));
    }
    syncFolder(parent);
  } catch (cause) {
    if (signal?.aborted) throw new SourceError('interrupted', `the download of ${model.name} was cancelled`, { cause });
    if (cause instanceof SluiceError) throw cause;
    throw new SourceError('output', `cannot store ${model.name} in ${parent}: ${messageOf(cause)}`, { cause });
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Puts a model into its folder. One that is there and whole stays, because another process may be reading it. */
async function replace(folder: string, made: string, old: string): Promise<void> {
  if (existsSync(folder) && differenceIn(folder) !== undefined) {
    await rename(folder, old).catch((error: unknown) => {
      // Another process has replaced it.
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }
  await rename(made, folder).catch((error: unknown) => {
    // Another process has stored the same model in the meantime.
    if (!existsSync(folder)) throw error;
  });
}

/** Makes a folder with one file, for a model that is not an archive. */
async function storeFile({ source, main }: RegisteredModel, file: string, to: string): Promise<void> {
  await mkdir(to);
  const name = main ?? ('url' in source ? basename(new URL(source.url).pathname) : basename(file));
  await rename(file, join(to, name));
}

const WORK = '.pull-';
const DAY = 86_400_000;

/** Deletes the folders of killed downloads. Folders of less than a day may belong to running downloads and stay. */
async function sweep(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(WORK)) continue;
    const left = join(parent, entry);
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > DAY) {
      // Another process may be deleting it, too.
      await rm(left, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
