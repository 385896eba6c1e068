import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, SluiceError, SourceError } from '../../errors/errors.ts';
import { fetchArchive } from './fetch-archive.ts';
import { cacheFolder, modelFolder, modelNamed, modelPath, type ModelCacheOptions } from './model-cache.ts';
import type { RegisteredModel } from './registered-models.ts';
import { unpack } from './unpack.ts';

/** Options of {@link pullModel}. */
export interface PullOptions extends ModelCacheOptions {
  /** Ends the download; nothing of it stays. */
  readonly signal?: AbortSignal;
  /** Download it even if it is here. Default false. */
  readonly force?: boolean;
}

/**
 * Downloads a model unless it is here, and gives its path, as {@link modelPath} does. It is checked against its SHA-256
 * before anything is unpacked, and appears in the cache when all of it is there: however this ends, and however many do
 * it at once.
 *
 * Throws `OptionError` for a name that does not exist, `SourceError` where it can't be downloaded, is not what it should
 * be, or can't be kept.
 *
 * @see {@link modelPath}, {@link registeredModels}
 *
 * @example
 * await pullModel('my-model').catch((error) => console.log(error.code)); // option
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<string> {
  const model = modelNamed(name, options.models);
  const cache = cacheFolder(options.cache);
  const folder = modelFolder(model, cache);
  if (options.force === true || !existsSync(folder)) await pull(model, folder, options);
  return modelPath(name, options);
}

async function pull(model: RegisteredModel, folder: string, { signal, force = false }: PullOptions): Promise<void> {
  const parent = dirname(folder);
  let work: string | undefined;
  try {
    await mkdir(parent, { recursive: true });
    await sweep(parent);
    work = await mkdtemp(join(parent, WORK));
    const archive = await fetchArchive(model, work, signal);
    const made = join(work, 'made');
    if (model.folder === undefined) await alone(model, archive, made);
    else await unpack(archive, model.folder, made);
    if (force && existsSync(folder)) await rename(folder, join(work, 'old'));
    await rename(made, folder).catch((error: unknown) => {
      // Another pull was faster: what it has is the same.
      if (!existsSync(folder)) throw error;
    });
  } catch (cause) {
    if (signal?.aborted) throw new SourceError('interrupted', `the download of ${model.name} was ended`, { cause });
    if (cause instanceof SluiceError) throw cause;
    throw new SourceError('output', `cannot keep ${model.name} in ${parent}: ${messageOf(cause)}`, { cause });
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

/** What is not unpacked is a folder with one file. */
async function alone({ source, main }: RegisteredModel, file: string, to: string): Promise<void> {
  await mkdir(to);
  const name = main ?? ('url' in source ? basename(new URL(source.url).pathname) : basename(file));
  await rename(file, join(to, name));
}

const WORK = '.pull-';
const DAY = 86_400_000;

/** Takes away what pulls that were killed have left; not what may still be at work. */
async function sweep(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(WORK)) continue;
    const left = join(parent, entry);
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > DAY) await rm(left, { recursive: true, force: true });
  }
}
