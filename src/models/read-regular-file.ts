import { readAtMost, Refused, tooLong, type ByteLimit } from './read-at-most.ts';

/** How much of a file is read at once. */
const CHUNK = 2 ** 20;

/**
 * @internal Reads a file from disk (Node). Throws `Refused` for what is not a regular file: a device may have no end, and a pipe no
 * writer.
 */
export async function readRegularFile(
  url: URL,
  limit: ByteLimit,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  // Loaded at run time, so that bundlers for the browser find no import of a Node module.
  const { constants, open } = process.getBuiltinModule('node:fs/promises');
  // Without O_NONBLOCK, opening a pipe would wait for its writer. Windows has no such flag.
  const file = await open(url, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      const kind = stats.isDirectory() ? 'folder' : stats.isFIFO() ? 'pipe' : 'device';
      const remedy = kind === 'pipe' ? ': write what it gives to a file first' : '';
      throw new Refused(`it is a ${kind}, not a regular file${remedy}`);
    }
    if (typeof limit === 'number' && stats.size > limit) throw tooLong(limit);
    const chunks = async function* () {
      const chunk = new Uint8Array(CHUNK);
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(chunk, 0, CHUNK);
        if (bytesRead === 0) return;
        yield chunk.subarray(0, bytesRead);
      }
    };
    const within = typeof limit === 'number' ? limit : (read: Uint8Array) => limit(read, stats.size);
    return await readAtMost(chunks(), within, stats.size);
  } finally {
    await file.close();
  }
}
