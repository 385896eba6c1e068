import { statSync } from 'node:fs';
import { OptionError } from '../errors.ts';

/** Throws `OptionError` if the results would take the place of one of the files they are about. */
export function refuseInputAsOutput(files: readonly string[], out: string | undefined): void {
  const target = out === undefined ? undefined : identity(out);
  const file = files.find((name) => target !== undefined && identity(name) === target);
  if (file !== undefined)
    throw new OptionError(`--out ${out} is ${file}, a file to be read: name another for the results`);
}

/** The same for all names of a regular file; undefined where there is none. */
function identity(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}
