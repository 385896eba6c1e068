import { statSync } from 'node:fs';
import path from 'node:path';
import { OptionError } from '../../errors/errors.ts';

/** A file that is to be written, and the option that says so. */
export type Output = readonly [option: string, file: string];

/** Throws `OptionError` where one file is to be written for two options: the later would take the place of the other. */
export function refuseSharedFile(outputs: readonly Output[]): void {
  const taken = new Map<string, string>();
  for (const [option, file] of outputs) {
    const key = keyOf(file);
    const other = key === undefined ? undefined : taken.get(key);
    if (other !== undefined) throw new OptionError(`${other} and ${option} would both be written to ${file}`);
    if (key !== undefined) taken.set(key, option);
  }
}

/** The same for all names of a file, whether it is there yet or not; undefined for stdout, devices and pipes. */
function keyOf(file: string): string | undefined {
  if (file === '-') return undefined;
  try {
    const stats = statSync(file, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return path.resolve(file);
  }
}
