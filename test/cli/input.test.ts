import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { media, scratch, writeWith } from '../support/media.ts';
import { classify, errorsIn, sample, squirrel, tiny } from '../support/sluice.ts';

const faststart = (): string =>
  media(
    'faststart.mp4',
    '-f lavfi -i testsrc2=s=128x96:r=10:d=3 -pix_fmt yuv420p -c:v libx264 -g 10 -movflags +faststart',
  );

function headerOf(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return bytes.subarray(0, bytes.indexOf('mdat') + 4);
}

describe('a file that cannot be read: one error, exit code 1, the others all the same', () => {
  it.each([
    [
      'what is no video file',
      [
        ['/nowhere/at all.mp4', 'no such file'],
        [path.join(squirrel, 'below.mp4'), 'no such file'],
        [scratch(), 'a directory, not a file'],
        ['/dev/null', 'a device or pipe, not a file'],
        [writeWith('empty.mp4', ''), 'the file is empty'],
        ['ftp://example.org/clip.mp4', 'only paths and file:, http: and https: URLs are read'],
        ['', 'a media source needs a path that is not empty'],
      ],
    ],
    [
      'what has no frames',
      [
        [writeWith('text.mp4', 'This is no video at all.\n'.repeat(50)), 'ffmpeg cannot read it as a video'],
        [media('sound.m4a', '-f lavfi -i sine=d=0.5 -c:a aac'), 'the file has no video'],
        [writeWith('header.mp4', headerOf(faststart())), 'not one frame could be decoded'],
      ],
    ],
  ])('%s', async (_, wrong) => {
    const { code, lines, stderr } = await classify(['--top', '1', ...wrong.map(([file]) => file ?? ''), squirrel]);
    const errors = errorsIn(stderr);
    expect(errors).toEqual(wrong.map(([, message = '']) => expect.stringContaining(message)));
    wrong.forEach(([file = ''], i) => expect(errors[i]).toContain(file));
    expect(stderr).not.toContain('    at ');
    expect(lines.map(({ source }) => source)).toEqual([squirrel]);
    expect(stderr).toContain(
      `frames: 1 produced, 1 delivered, 0 dropped, 0 failed (${wrong.length + 1} files, ${wrong.length} failed, `,
    );
    expect(code).toBe(1);
  });

  it('each of many says what is wrong with it, and quiet does not silence that', async () => {
    const files = ['/a.mp4', squirrel, '/b.mp4', '/c.mp4'];
    const { code, lines, stderr } = await classify(['--quiet', ...files]);
    expect(stderr).toBe(['a', 'b', 'c'].map((name) => `sluice: error: /${name}.mp4: no such file\n`).join(''));
    expect(lines.length).toBe(1);
    expect(code).toBe(1);
  });

  it('a range without a frame: a warning', async () => {
    const { code, stdout, stderr } = await classify(['--start', '1.01', '--end', '1.02', sample]);
    expect(stderr).toContain(
      `sluice: warning: ${sample}: it has no frame in the time from --start to --end: its frames are from 0 s to 14.000 s\n`,
    );
    expect([code, stdout]).toEqual([0, '']);
  });

  it('a start after the last frame, before the end', async () => {
    const { code, stderr } = await classify(['--quiet', '--start', '13.97', sample]);
    expect(stderr).toContain('no frame at or after 13.97 s: the video ends at 14.000 s');
    expect(code).toBe(1);
  });

  it('a start past the end', async () => {
    const { code, lines, stderr } = await classify(['--start', '99', '--quiet', sample]);
    expect(stderr).toBe(`sluice: error: ${sample}: start 99 s is past its end: the video ends at 14.000 s\n`);
    expect([code, lines]).toEqual([1, []]);
  });
});

describe('a file that is damaged', () => {
  it('is labelled up to where it was cut, with a warning and exit code 0', async () => {
    const bytes = readFileSync(faststart());
    const file = writeWith('cut.mp4', bytes.subarray(0, Math.round(bytes.length * 0.5)));
    const { code, lines, stderr } = await classify(['--quiet', '--top', '1', file]);
    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.length).toBeLessThan(25);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i));
    expect(stderr).toMatch(/^sluice: warning: .*cut\.mp4: damaged; ffmpeg complained (once|\d+ times), first: .+\n$/);
  });

  it('in the middle is labelled to its end, with a warning that counts', async () => {
    const bytes = Buffer.from(readFileSync(faststart()));
    const middle = Math.round(bytes.length / 2);
    bytes.fill(0xaa, middle, middle + 2000);
    const { code, lines, stderr } = await classify(['--quiet', '--top', '1', writeWith('hole.mp4', bytes)]);
    expect(code).toBe(0);
    expect(lines.at(-1)?.timestamp).toBe(2_900_000);
    expect(stderr).toMatch(/^sluice: warning: .*hole\.mp4: damaged; ffmpeg complained \d+ times, first: .+\n$/);
  });
});

describe('names', () => {
  it('of any kind are read, and stay as they were given', async () => {
    const folder = scratch();
    const names = [
      'with space.mp4',
      'ünïcödé 鹦鹉 🦜.mp4',
      'two\nlines.mp4',
      '-dash.mp4',
      '%d.mp4',
      'quo\'te".mp4',
      'co:lon.mp4',
    ];
    for (const name of names) copyFileSync(tiny(), path.join(folder, name));
    const { code, stdout, lines, stderr } = await classify(['--every', '100', '--top', '1', '--', ...names], {
      cwd: folder,
    });
    expect(lines.map(({ source }) => source)).toEqual(names);
    expect(stdout.split('\n').length - 1).toBe(names.length);
    expect(stderr).toContain('two\\nlines.mp4: 10 frames');
    expect(code).toBe(0);
  });

  it('with control characters cannot write to the terminal, in errors either', async () => {
    const { stderr } = await classify(['--quiet', '\u001b[31mred\nsluice: all is well']);
    expect(stderr).toBe('sluice: error: \\x1b[31mred\\nsluice: all is well: no such file\n');
  });

  it('of pictures are no patterns', async () => {
    const folder = scratch();
    const picture = media('picture.png', '-f lavfi -i testsrc2=s=80x60 -frames:v 1');
    for (const name of ['%d.png', '1.png', '[ab]*.png']) copyFileSync(picture, path.join(folder, name));
    writeFileSync(path.join(folder, '2.png'), 'not a picture');
    const { code, lines } = await classify(['--quiet', '%d.png', '[ab]*.png'], { cwd: folder });
    expect([code, lines.length]).toEqual([0, 2]);
  });

  it('do not decide what a file is', async () => {
    const file = path.join(scratch(), 'photo.mp4');
    copyFileSync(squirrel, file);
    const renamed = path.join(scratch(), 'video.jpg');
    copyFileSync(tiny(), `${renamed}.part`);
    renameSync(`${renamed}.part`, renamed);
    const { code, lines } = await classify(['--quiet', '--every', '5', file, renamed]);
    expect([code, lines.length]).toEqual([0, 3]);
    expect(lines[0]?.classes[0]?.index).toBe(336);
  });

  it('may be file: URLs', async () => {
    const url = `file://${squirrel}`;
    const { code, lines } = await classify(['--quiet', url]);
    expect([code, lines[0]?.source]).toEqual([0, url]);
  });
});
