import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { fileFrom, QUADRANTS } from './media.ts';

/** A still of {@link QUADRANTS}. */
export const still = (name: string, ...args: string[]): Buffer =>
  readFileSync(fileFrom(name, ['-f', 'lavfi', '-i', QUADRANTS, '-frames:v', '1', ...args]));
const jpeg = (): Buffer => still('photo.jpg', '-pix_fmt', 'yuvj444p', '-q:v', '2');

/** EXIF with the orientation as its only tag. */
export function exif(orientation: number, order: 'II' | 'MM' = 'II'): Buffer {
  const bytes = Buffer.alloc(26);
  const u16 = (value: number, at: number): number =>
    order === 'II' ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const u32 = (value: number, at: number): number =>
    order === 'II' ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  bytes.write(order, 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(1, 8);
  u16(0x0112, 10);
  u16(3, 12);
  u32(1, 14);
  u16(orientation, 18);
  return bytes;
}

/** A JPEG of quadrants with this EXIF. */
export function jpegWith(tag: Buffer): Buffer {
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, tag.length + 8]), Buffer.from('Exif\0\0'), tag]);
  return Buffer.concat([jpeg().subarray(0, 2), segment, jpeg().subarray(2)]);
}

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
