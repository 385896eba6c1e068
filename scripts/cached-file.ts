import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';

/** Files that take a while to make and never change: inside this clone, so that another clone has its own. */
export const CACHE_FOLDER = path.resolve(import.meta.dirname, '../node_modules/.cache/sluice');

/** The path of a file in {@link CACHE_FOLDER}. `make` writes it, under a temporary name, if it does not exist yet. */
export async function cachedFile(name: string, make: (file: string) => unknown): Promise<string> {
  const file = path.join(CACHE_FOLDER, name);
  if (existsSync(file)) return file;
  mkdirSync(path.dirname(file), { recursive: true });
  const unfinished = path.join(path.dirname(file), `${process.pid}-${path.basename(file)}`);
  await make(unfinished);
  renameSync(unfinished, file);
  return file;
}
