import type { OutputFile } from './output-file.ts';

/** Writes the last piece of a file, which may be all of it, and commits the file; discards it if that fails. */
export function commitWith(out: OutputFile, piece: string | Uint8Array): void {
  try {
    out.write(piece);
    out.commit();
  } catch (error) {
    out.discard();
    throw error;
  }
}
