import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeTemporaryFolder } from '../disk/temporary-folder.ts';
import { messageOf, SluiceError, SourceError } from '../errors/errors.ts';
import { bytesOf } from '../sources/ffmpeg/read-bytes.ts';
import { sniffPicture } from '../sources/ffmpeg/sniff-picture.ts';

/**
 * Writes the bytes of a picture to a temporary file that only this user can read. Throws `SourceError` for other bytes: a
 * playlist, for example, names files that ffmpeg would open.
 */
export async function pictureFile({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<{
  readonly path: string;
  remove(): void;
}> {
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  if (bytes.length === 0) throw new SourceError('empty', 'the picture is empty');
  const isPicture =
    /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6)) || (await sniffPicture('the picture', bytesOf(bytes)));
  if (!isPicture) {
    throw new SourceError(
      'codec',
      'the bytes are none of the pictures that can be read: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF',
    );
  }
  const folder = makeTemporaryFolder('picture');
  const file = path.join(folder.path, 'picture');
  try {
    await writeFile(file, bytes, { mode: 0o600 });
  } catch (cause) {
    folder.remove();
    throw new SluiceError('output', `cannot write the picture to ${folder.path}: ${messageOf(cause)}`, { cause });
  }
  return { path: file, remove: () => folder.remove() };
}
