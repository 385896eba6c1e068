import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, corners, ffmpegs, fileFrom, QUADRANTS, writeWith } from '../support/media.ts';

const still = (name: string, ...args: string[]): Buffer =>
  readFileSync(fileFrom(name, ['-f', 'lavfi', '-i', QUADRANTS, '-frames:v', '1', ...args]));
const jpeg = (): Buffer => still('photo.jpg', '-pix_fmt', 'yuvj444p', '-q:v', '2');

/** EXIF with the orientation as its only tag. */
function exif(orientation: number, order: 'II' | 'MM' = 'II'): Buffer {
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

function jpegWith(tag: Buffer): Buffer {
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, tag.length + 8]), Buffer.from('Exif\0\0'), tag]);
  return Buffer.concat([jpeg().subarray(0, 2), segment, jpeg().subarray(2)]);
}

function pngWith(tag: Buffer): Buffer {
  const bytes = still('photo.png');
  const body = Buffer.concat([Buffer.from('eXIf'), tag]);
  const chunk = Buffer.alloc(12 + tag.length);
  chunk.writeUInt32BE(tag.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  return Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)]);
}

function webpWith(tag: Buffer): Buffer {
  const bytes = still('photo.webp', '-lossless', '1');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(tag.length);
  const whole = Buffer.concat([bytes, Buffer.from('EXIF'), size, tag]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

const TURNED = [
  [1, 'red green blue white'],
  [2, 'green red white blue'],
  [3, 'white blue green red'],
  [4, 'blue white red green'],
  [5, 'red blue green white'],
  [6, 'blue red white green'],
  [7, 'white green blue red'],
  [8, 'green white red blue'],
] as const;

describe.each(ffmpegs)('EXIF orientation with ffmpeg $name', ({ file: ffmpeg }) => {
  async function only(file: string, resize?: { width: number; height: number }): Promise<string> {
    const source = decode(file, { ffmpeg, ...(resize && { resize }) });
    const arrivals = await all(source);
    expect(arrivals.length).toBe(1);
    const [picture] = arrivals.map(({ data }) => data);
    if (picture === undefined) throw new Error('no picture');
    const info = await source.info();
    expect(info).toMatchObject({ still: true, estimatedFrames: 1 });
    if (resize === undefined) expect(picture).toMatchObject({ width: info.width, height: info.height });
    return `${picture.width}x${picture.height} ${corners(picture)}`;
  }

  it.each(TURNED)('turns a JPEG of orientation %i', async (orientation, expected) => {
    const file = writeWith('photo.jpg', jpegWith(exif(orientation, orientation % 2 === 0 ? 'MM' : 'II')));
    expect(await only(file)).toBe(`${orientation > 4 ? '48x64' : '64x48'} ${expected}`);
    expect(await only(file, { width: 24, height: 24 })).toBe(`24x24 ${expected}`);
  });

  it('turns a PNG and a WebP', async () => {
    expect(await only(writeWith('photo.png', pngWith(exif(6))))).toBe('48x64 blue red white green');
    expect(await only(writeWith('photo.webp', webpWith(exif(8))))).toBe('48x64 green white red blue');
  });

  it('goes by the content, not by the name', async () => {
    expect(await only(writeWith('really-a-jpeg.png', jpegWith(exif(6))))).toBe('48x64 blue red white green');
  });

  it.each([
    ['a value out of range', exif(9)],
    ['zero', exif(0)],
    ['a tag cut off', exif(6).subarray(0, 15)],
    ['an offset past the end', Buffer.from('II*\0\xff\xff\xff\x7f', 'latin1')],
    ['nonsense', Buffer.from('not a TIFF at all')],
    ['nothing', Buffer.alloc(0)],
  ])('takes %s as upright', async (_, tag) => {
    expect(await only(writeWith('photo.jpg', jpegWith(tag)))).toBe('64x48 red green blue white');
  });
});
