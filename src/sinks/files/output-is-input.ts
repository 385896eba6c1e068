import { OptionError } from '../../errors/errors.ts';
import { fileIdentity } from './file-identity.ts';

/** Throws `OptionError` if an output path refers to an input file, also under another name. */
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
      throw new OptionError(`${option} ${out} is the input file ${file}: choose another file for the results`);
    }
  }
}
