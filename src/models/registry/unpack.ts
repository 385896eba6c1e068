import { mkdir } from 'node:fs/promises';
import { extract, type ReadEntry } from 'tar';
import { WeightsError } from '../../errors/errors.ts';

/** More than any of the models is; an archive is small whatever it claims to hold. */
const MAX_BYTES = 4_000_000_000;
const MAX_FILES = 10_000;

/** @internal Unpacks one folder of an archive: files only, no links. Throws `WeightsError`. */
export async function unpack(archive: string, folder: string, to: string): Promise<void> {
  const depth = folder.split('/').length;
  let [bytes, files] = [0, 0];
  await mkdir(to);
  await extract({
    file: archive,
    cwd: to,
    strip: depth,
    strict: true,
    filter(path, entry) {
      const { type, size } = entry as ReadEntry;
      if (!path.startsWith(`${folder}/`) || (type !== 'File' && type !== 'OldFile')) return false;
      bytes += size;
      files++;
      return bytes <= MAX_BYTES && files <= MAX_FILES;
    },
  });
  if (files === 0) throw new WeightsError(`there is no folder ${folder} with files in the archive`);
  if (bytes > MAX_BYTES || files > MAX_FILES) {
    throw new WeightsError(`the archive holds over ${MAX_FILES} files or ${MAX_BYTES} bytes`);
  }
}
