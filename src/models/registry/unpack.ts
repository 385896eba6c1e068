import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { UnpackSync, type ReadEntry } from 'tar';
import { WeightsError } from '../../errors/errors.ts';

/** Limits above what any registered model needs, since a small archive can contain very much data. */
const MAX_RATIO = 20;
const LEAST_BYTES = 64_000_000;
const MAX_FILES = 10_000;

/**
 * @internal Unpacks the wanted files of an archive into a new folder, by their paths in the archive, without links. Stops where the archive holds
 * more than 20 times its own size, and 64 MB, or more than 10,000 files, wanted or not. Throws `WeightsError`, and fails when `signal` is aborted.
 */
export async function unpack(
  { archive, bytes }: Archive,
  to: string,
  isWanted: (path: string) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const maxBytes = Math.max(LEAST_BYTES, MAX_RATIO * bytes);
  let [size, entries] = [0, 0];
  let refusal: Error | undefined;
  await mkdir(to);
  // Without pending operations: a refusal leaves nothing that would write after the folder is deleted.
  const unpacking = new UnpackSync({
    cwd: to,
    strict: true,
    filter(path, entry) {
      const { type, size: more } = entry as ReadEntry;
      size += more;
      if (size > maxBytes || ++entries > MAX_FILES) {
        refusal ??= new WeightsError(`the archive has more than ${maxBytes} bytes or ${MAX_FILES} files`);
      }
      if (signal?.aborted) refusal ??= new Error('cancelled', { cause: signal.reason });
      if (refusal) unpacking.abort(refusal);
      return !refusal && (type === 'File' || type === 'OldFile') && isWanted(path);
    },
  });
  try {
    await pipeline(createReadStream(archive), unpacking as unknown as NodeJS.WritableStream);
  } catch (error) {
    throw refusal ?? error;
  }
  if (refusal) throw refusal;
}

/** An archive, and its size. */
export interface Archive {
  readonly archive: string;
  readonly bytes: number;
}
