import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf, SluiceError, SourceError } from '../errors/errors.ts';
import { bytesOf } from '../sources/ffmpeg/read-bytes.ts';
import { sniffPicture } from '../sources/ffmpeg/sniff-picture.ts';

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
  const isPicture =
    /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6)) || (await sniffPicture('the picture', bytesOf(bytes)));
  if (!isPicture) {
    throw new SourceError(
      'codec',
      'the bytes are none of the pictures that can be read: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF',
    );
  }
  const folder = await temporaryFolder();
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = path.join(folder, 'picture');
  try {
    await writeFile(file, bytes, { mode: 0o600 });
  } catch (cause) {
    await remove();
    throw new SluiceError('output', `cannot write the picture to ${folder}: ${messageOf(cause)}`, { cause });
  }
  return { path: file, remove };
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(path.join(tmpdir(), 'sluice-picture-'));
  } catch (cause) {
    throw new SluiceError('output', `cannot make a temporary folder in ${tmpdir()}: ${messageOf(cause)}: set TMPDIR`, {
      cause,
    });
  }
}
