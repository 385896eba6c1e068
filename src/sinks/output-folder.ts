import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { messageOf, SluiceError } from '../errors.ts';

/** Makes the folder of a file that is to be written; throws `SluiceError` (`output`). */
export function makeFolder(target: string): void {
  try {
    mkdirSync(path.dirname(target), { recursive: true });
  } catch (cause) {
    throw new SluiceError('output', `cannot write ${target}: ${messageOf(cause)}`, { cause });
  }
}
