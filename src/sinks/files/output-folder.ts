import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, SluiceError } from '../../errors/errors.ts';

/** Makes the folder of a file that is to be written; throws `SluiceError` (`output`). */
export function makeFolder(target: string): void {
  try {
    mkdirSync(path.dirname(target), { recursive: true });
  } catch (cause) {
    throw new SluiceError('output', `cannot write ${target}: ${messageOf(cause)}`, { cause });
  }
}

/** Throws `SluiceError` (`output`) for the first of these files whose folder can't be there; makes none. */
export function checkFolders(targets: Iterable<string>): void {
  const known = new Set<string>();
  for (const target of targets) {
    const folder = path.dirname(target);
    if (known.has(folder)) continue;
    known.add(folder);
    try {
      accessSync(nearestOf(folder), constants.W_OK);
    } catch (cause) {
      throw new SluiceError('output', `cannot write ${target}: ${messageOf(cause)}`, { cause });
    }
  }
}

/** Of a folder and those it is in, the first that is there. */
function nearestOf(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats && !stats.isDirectory()) throw new Error(`${folder} is no folder`);
  return stats ? folder : nearestOf(path.dirname(folder));
}
