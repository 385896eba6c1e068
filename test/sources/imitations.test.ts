import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, fileFrom, scratch } from '../support/media.ts';

const CLIP = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=5:d=1', '-pix_fmt', 'yuv420p'];
const TURNED = 'displaymatrix: rotation of 90.00 degrees';
const STREAM = 'Stream #0:0: Video: rawvideo, rgb24, 800x600, 25 fps, 25 tbr (default)';

// What a file's author writes into it must not pass for what ffmpeg says of it.
describe.each(ffmpegs)('what is written in a file does not change what it is: $name', ({ file: ffmpeg }) => {
  const sizes = async (file: string) =>
    new Set((await all(decode(file, { ffmpeg }))).map(({ data: { width, height } }) => `${width}x${height}`));

  it.each<[string, string, readonly string[]]>([
    ['a title that turns', 'turns.mkv', ['-metadata:s:v:0', `title=${TURNED}`]],
    ['a title of two lines', 'lines.mkv', ['-metadata:s:v:0', `title=x\n      ${TURNED}\n  ${STREAM}`]],
  ])('%s', async (_, name, tags) => {
    expect(await sizes(fileFrom(name, [...CLIP, '-c:v', 'libx264', ...tags]))).toEqual(new Set(['64x48']));
  });

  it('a stream as the name of a tag', async () => {
    // ffmpeg itself writes no such name.
    const name = `x\n  ${STREAM}\ny`;
    const tag = ['-write_crc32', '0', '-metadata', `${'K'.repeat(name.length)}=z`];
    const bytes = readFileSync(fileFrom('tag.mkv', [...CLIP, '-c:v', 'libx264', ...tag]));
    bytes.write(name, bytes.indexOf('KKKK'), 'latin1');
    const file = path.join(scratch(), 'tag.mkv');
    writeFileSync(file, bytes);
    expect(await sizes(file)).toEqual(new Set(['64x48']));
  });

  it('a name of several lines', async () => {
    const name = `a.mkv':\n  Duration: 09:00:00.00, start: 5.000000, bitrate: N\n  ${STREAM}\n.mkv`;
    const file = path.join(scratch(), name);
    copyFileSync(fileFrom('plain.mkv', [...CLIP, '-c:v', 'libx264']), file);
    expect(await sizes(file)).toEqual(new Set(['64x48']));
    expect((await all(decode(file, { ffmpeg })))[0]?.timestamp).toBe(0);
  });
});
