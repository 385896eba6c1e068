import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { messageOf } from '../../errors/errors.ts';
import { codeOf } from '../../errors/code-of.ts';

/** The file that lists the SHA-256 of all others. */
const LIST = '.sha256.json';
const CHUNK = 1 << 20;

/** @internal Lists the SHA-256 of every file of a downloaded model in the model's folder. */
export function listFiles(folder: string): void {
  const hashes = Object.fromEntries(filesIn(folder).map((file) => [file, hashOf(join(folder, file))]));
  writeFileSync(join(folder, LIST), JSON.stringify(hashes, null, 1));
}

/** @internal Returns how the files of a model differ from what was downloaded, or undefined if they do not. Reads all of them. */
export function differenceIn(folder: string): string | undefined {
  try {
    const listed = new Map(Object.entries(JSON.parse(readFileSync(join(folder, LIST), 'utf8')) as object));
    for (const file of filesIn(folder)) {
      const hash: unknown = listed.get(file);
      if (hash === undefined) return `${file} is not of it`;
      if (hash !== hashOf(join(folder, file))) return `${file} has changed`;
      listed.delete(file);
    }
    const [missing] = listed.keys();
    return missing === undefined ? undefined : `${missing} is missing`;
  } catch (cause) {
    return codeOf(cause) === 'ENOENT' ? 'the list of its files is missing' : messageOf(cause);
  }
}

/** @internal The files of a folder by their paths in it, with `/` on every system. Links and pipes count too: they are none of its files. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((file) => file !== LIST)
    .toSorted();
}

function hashOf(file: string): string {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK);
  // A pipe would wait for its writer, and a link may lead anywhere.
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error(`${file} is not a regular file`);
    for (let length; (length = readSync(descriptor, chunk)) > 0;) hash.update(chunk.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
