import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Unpack, type ReadEntry } from 'tar';
import { WeightsError } from '../../errors/errors.ts';

/** Limits above what any registered model needs, since a small archive can contain very much data. */
const MAX_RATIO = 20;
const LEAST_BYTES = 64_000_000;
const MAX_FILES = 10_000;

/**
 * @internal Unpacks the files of one folder of an archive, all or the wanted ones, without links. Stops where the archive holds more than 20 times its
 * own size, and 64 MB, or more than 10,000 files, whatever folder they are in. Throws `WeightsError`.
 */
export async function unpack(
  { archive, bytes }: Archive,
  folder: string,
  to: string,
  wanted?: readonly string[],
): Promise<void> {
  const maxBytes = Math.max(LEAST_BYTES, MAX_RATIO * bytes);
  let [size, entries, files] = [0, 0, 0];
  let refusal: WeightsError | undefined;
  await mkdir(to);
  const unpacking = new Unpack({
    cwd: to,
    strip: folder.split('/').length,
    strict: true,
    filter(path, entry) {
      const { type, size: more } = entry as ReadEntry;
      size += more;
      if (size > maxBytes || ++entries > MAX_FILES) {
        refusal ??= new WeightsError(`the archive has more than ${maxBytes} bytes or ${MAX_FILES} files`);
        unpacking.abort(refusal);
        return false;
      }
      const isFile = path.startsWith(`${folder}/`) && (type === 'File' || type === 'OldFile');
      const isWanted = isFile && (!wanted || wanted.includes(path.slice(folder.length + 1)));
      if (isWanted) files++;
      return isWanted;
    },
  });
  try {
    await pipeline(createReadStream(archive), unpacking as unknown as NodeJS.WritableStream);
  } catch (error) {
    throw refusal ?? error;
  }
  if (refusal) throw refusal;
  const what = wanted ? `with the files ${wanted.join(', ')}` : 'with files';
  if (files < (wanted?.length ?? 1)) throw new WeightsError(`the archive has no folder ${folder} ${what}`);
}

/** An archive, and its size. */
export interface Archive {
  readonly archive: string;
  readonly bytes: number;
}
