import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import { makeFolders } from '../../disk/sync.ts';

/** Makes the folder of an output file. Throws `SluiceError` (`output`) if that fails. */
export function makeFolder(target: string): void {
  try {
    makeFolders(path.dirname(target));
  } catch (cause) {
    throw new SluiceError('output', `cannot write ${target}: ${messageOf(cause)}`, { cause });
  }
}

/** Throws `SluiceError` (`output`) for the first file whose folder can't be made or written. Makes no folder. */
export function checkFolders(targets: Iterable<string>): void {
  const known = new Set<string>();
  for (const target of targets) {
    const folder = path.dirname(target);
    if (known.has(folder)) continue;
    known.add(folder);
    try {
      accessSync(nearestFolder(folder), constants.W_OK);
    } catch (cause) {
      throw new SluiceError('output', `cannot write ${target}: ${messageOf(cause)}`, { cause });
    }
  }
}

/** The nearest existing folder: `folder` itself or one of its parents. */
function nearestFolder(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats && !stats.isDirectory()) throw new Error(`${folder} is not a folder`);
  return stats ? folder : nearestFolder(path.dirname(folder));
}
