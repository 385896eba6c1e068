import { mkdir } from 'node:fs/promises';
import { extract, type ReadEntry } from 'tar';
import { WeightsError } from '../../errors/errors.ts';

/** Limits above the size of any registered model, since a small archive can contain very much data. */
const MAX_BYTES = 4_000_000_000;
const MAX_FILES = 10_000;

/** @internal Unpacks the files of one folder of an archive, without links. Throws `WeightsError`. */
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
  if (files === 0) throw new WeightsError(`the archive has no folder ${folder} with files`);
  if (bytes > MAX_BYTES || files > MAX_FILES) {
    throw new WeightsError(`the archive has more than ${MAX_FILES} files or ${MAX_BYTES} bytes`);
  }
}
