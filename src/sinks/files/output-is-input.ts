import { OptionError } from '../../errors/errors.ts';
import { fileIdentity } from './file-identity.ts';

/** Throws `OptionError` if an output would replace one of the input files, under whatever name. */
export function refuseInputAsOutput(files: readonly string[], outs: readonly string[], option = '--out'): void {
  if (outs.length === 0) return;
  const inputs = new Map<string, string>();
  for (const file of files) {
    const identity = fileIdentity(file);
    if (identity.kind === 'file') inputs.set(identity.id, file);
  }
  for (const out of outs) {
    const identity = fileIdentity(out);
    const file = identity.kind === 'file' ? inputs.get(identity.id) : undefined;
    if (file !== undefined) {
      throw new OptionError(`${option} ${out} is ${file}, a file to be read: name another for the results`);
    }
  }
}
