import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WeightsError } from '../../errors/errors.ts';
import type { RegisteredModel } from './registered-models.ts';
import { filesIn } from './stored-files.ts';

/** @internal Whether a file of an archive, by its path there, is one of a model. */
export function isOfModel({ folder, files }: RegisteredModel, path: string): boolean {
  if (folder === undefined || !path.startsWith(`${folder}/`)) return false;
  return files?.includes(path.slice(folder.length + 1)) ?? true;
}

/** @internal Copies the files of a model, which other models may have too, from an unpacked archive. Throws `WeightsError` if one is missing. */
export async function takeFiles({ folder = '', files }: RegisteredModel, unpacked: string, to: string): Promise<void> {
  const from = join(unpacked, folder);
  const found = existsSync(from) ? filesIn(from) : [];
  const taken = files ?? found;
  if (taken.length === 0 || !taken.every((file) => found.includes(file))) {
    const what = files ? `with the files ${files.join(', ')}` : 'with files';
    throw new WeightsError(`the archive has no folder ${folder} ${what}`);
  }
  for (const file of taken) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await copyFile(join(from, file), join(to, file), constants.COPYFILE_FICLONE);
  }
}
