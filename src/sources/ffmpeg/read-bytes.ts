import type { FileHandle } from 'node:fs/promises';

/**
 * Reads up to `length` bytes at a position; fewer at the end. A stream can't go back: it gives nothing for a position
 * that it has passed.
 */
export type ReadBytes = (position: number, length: number) => Promise<Buffer>;

/** Reads a file. */
export function bytesOfFile(file: FileHandle): ReadBytes {
  return async (position, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  };
}

/** Reads what is in memory. */
export function bytesOf(buffer: Buffer): ReadBytes {
  return (position, length) => Promise.resolve(buffer.subarray(position, position + length));
}
