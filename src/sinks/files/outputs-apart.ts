import path from 'node:path';
import { OptionError } from '../../errors/errors.ts';
import { fileIdentity } from './file-identity.ts';

/** An output file and the option that names it. */
export type Output = readonly [option: string, file: string];

/** Throws `OptionError` if two options name the same file, since one output would replace the other. */
export function refuseSharedFile(outputs: readonly Output[]): void {
  const taken = new Map<string, string>();
  for (const [option, file] of outputs) {
    const key = keyOf(file);
    const other = key === undefined ? undefined : taken.get(key);
    if (other !== undefined) throw new OptionError(`${other} and ${option} would both be written to ${file}`);
    if (key !== undefined) taken.set(key, option);
  }
}

/** A key that is equal for all names of a file; undefined for stdout, devices and pipes. */
function keyOf(file: string): string | undefined {
  if (file === '-') return undefined;
  const identity = fileIdentity(file);
  if (identity.kind === 'other') return undefined;
  return identity.kind === 'file' ? identity.id : path.resolve(file);
}
