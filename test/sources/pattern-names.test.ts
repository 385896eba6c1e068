import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, fileFrom, scratch } from '../support/media.ts';

/** The formats of pictures that the ffmpeg of 2018 writes and reads. */
const FORMATS =
  'bmp dpx gif im1 j2k jls jp2 jpg pam pbm pcx pgm pgmyuv png ppm ras sgi sun tga tif tiff webp xbm xwd'.split(' ');
/** What ffmpeg takes for patterns of names, and what shells do. */
const PATTERNS = ['a%03d', 'a%d', 'a%*', 'a%?', 'a%[ab]', 'a%{b,c}', 'a*', 'a?', 'a[ab]', '{a,b}', 'a%%d', 'a%d-%d'];
/** Names that the patterns stand for. */
const OTHERS = ['a000', 'a001', 'a002', 'a0', 'a1', 'a2', 'aa', 'ab', 'a', 'b', 'a%a', 'a%b', 'ad'];

const picture = (ending: string, size: string): string =>
  fileFrom(`${size}.${ending}`, ['-f', 'lavfi', '-i', `color=red:s=${size}`, '-frames:v', '1']);

/** A folder with pictures of 48x32 that are called like patterns, and pictures of 32x48 that the patterns stand for. */
function folderOf(ending: string): string {
  const folder = scratch();
  for (const name of OTHERS) copyFileSync(picture(ending, '32x48'), path.join(folder, `${name}.${ending}`));
  for (const name of PATTERNS) copyFileSync(picture(ending, '48x32'), path.join(folder, `${name}.${ending}`));
  return folder;
}

describe.each(ffmpegs)('with ffmpeg $name, a picture is read that is called like a pattern', ({ file: ffmpeg }) => {
  const read = async (file: string): Promise<string> => {
    const source = decode(file, { ffmpeg });
    const pictures = (await all(source)).map(({ data }) => data);
    return pictures.map(({ width, height }) => `${width}x${height}`).join(' ');
  };

  it.each(FORMATS)('%s', async (ending) => {
    const folder = folderOf(ending);
    const names = ending === 'ppm' ? PATTERNS : ['a%03d', 'a%{b,c}', 'a[ab]'];
    for (const name of names)
      expect([name, await read(path.join(folder, `${name}.${ending}`))]).toEqual([name, '48x32']);
  });

  it('or none: not the one that the pattern stands for', async () => {
    const folder = scratch();
    copyFileSync(picture('pix', '32x48'), path.join(folder, 'a001.pix'));
    copyFileSync(picture('pix', '48x32'), path.join(folder, 'a%03d.pix'));
    expect(await read(path.join(folder, 'a001.pix'))).toBe('32x48');
    // ffmpeg knows this format by its content only if it is not told to take the name as it is.
    await expect(read(path.join(folder, 'a%03d.pix'))).rejects.toMatchObject({ name: 'SourceError' });
  });
});
