import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SourceError } from '../errors/errors.ts';

/** How the files of pictures begin, as Latin-1. */
const PICTURES = [
  /^\xff\xd8\xff/,
  /^\x89PNG\r\n/,
  /^RIFF....WEBP/s,
  /^GIF8[79]a/,
  /^BM/,
  /^(II\*\0|MM\0\*)/,
  /^....ftyp(avif|avis|heic|heix|hevc|mif1|msf1)/s,
];

/**
 * Writes the bytes of a picture to a temporary file that only this user can read. Throws `SourceError` for other bytes: a
 * playlist, for example, names files that ffmpeg would open.
 */
export async function pictureFile({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<{
  readonly path: string;
  remove(): Promise<void>;
}> {
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  if (bytes.length === 0) throw new SourceError('empty', 'the picture is empty');
  const head = bytes.toString('latin1', 0, 32);
  if (!PICTURES.some((begins) => begins.test(head))) {
    throw new SourceError(
      'codec',
      'the bytes are none of the pictures that can be read: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF',
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-picture-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = path.join(folder, 'picture');
  try {
    await writeFile(file, bytes, { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path: file, remove };
}
