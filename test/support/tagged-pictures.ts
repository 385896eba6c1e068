import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { taggedJpeg } from './exif.ts';
import { fileFrom, QUADRANTS } from './media.ts';

/** A still of {@link QUADRANTS}. */
export const still = (name: string, ...args: string[]): Buffer =>
  readFileSync(fileFrom(name, ['-f', 'lavfi', '-i', QUADRANTS, '-frames:v', '1', ...args]));
const jpeg = (): Buffer => still('photo.jpg', '-pix_fmt', 'yuvj444p', '-q:v', '2');

/** A JPEG of quadrants with this EXIF. */
export const jpegWith = (tag: Buffer): Buffer => taggedJpeg(jpeg(), tag);

/** A PNG of quadrants with this EXIF. */
export function pngWith(tag: Buffer): Buffer {
  const bytes = still('photo.png');
  const body = Buffer.concat([Buffer.from('eXIf'), tag]);
  const chunk = Buffer.alloc(12 + tag.length);
  chunk.writeUInt32BE(tag.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  return Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)]);
}

/** A WebP with this EXIF behind its pixels. */
export function webpWith(tag: Buffer, bytes: Buffer = still('photo.webp', '-lossless', '1')): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(tag.length);
  const whole = Buffer.concat([bytes, Buffer.from('EXIF'), size, tag]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
