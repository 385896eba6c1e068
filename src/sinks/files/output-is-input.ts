import { statSync } from 'node:fs';
import { OptionError } from '../../errors/errors.ts';

/** Throws `OptionError` if results would take the place of one of the files they are about. */
export function refuseInputAsOutput(files: readonly string[], outs: readonly string[], option = '--out'): void {
  if (outs.length === 0) return;
  const inputs = new Map<string | undefined, string>(files.map((file) => [identity(file), file]));
  for (const out of outs) {
    const there = identity(out);
    const file = there === undefined ? undefined : inputs.get(there);
    if (file !== undefined)
      throw new OptionError(`${option} ${out} is ${file}, a file to be read: name another for the results`);
  }
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
