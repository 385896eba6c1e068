import { describe, expect, it } from 'vitest';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, corners, ffmpegs, writeWith } from '../support/media.ts';
import { exif } from '../support/exif.ts';
import { jpegWith, pngWith, webpWith } from '../support/tagged-pictures.ts';

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

  it.each([
    ['PNG', pngWith],
    ['WebP', webpWith],
  ])('turns a %s whose EXIF begins as that of a JPEG does', async (_, make) => {
    // libvips, old Pillow and others write it so.
    const prefixed = Buffer.concat([Buffer.from('Exif\0\0'), exif(6)]);
    const warnings: SourceWarning[] = [];
    const file = writeWith('photo', make(prefixed));
    const [turned] = await all(decode(file, { ffmpeg, onWarning: (warning) => warnings.push(warning) }));
    expect(turned && corners(turned.data)).toBe('blue red white green');
    expect(warnings.filter(({ code }) => code === 'damaged')).toEqual([]);
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
