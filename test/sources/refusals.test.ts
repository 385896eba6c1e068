import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { pictureKind, whyNoPicture } from '../../src/sources/ffmpeg/picture-kind.ts';
import { all, corners, ffmpegs, fileFrom, QUADRANTS, scratch, writeWith } from '../support/media.ts';

/** The beginning of an ISO base media file of these brands, and nothing that can be decoded. */
function brands(major: string, ...more: readonly string[]): Buffer {
  const box = Buffer.concat([Buffer.from(`ftyp${major}\0\0\0\0${more.join('')}`, 'latin1')]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(box.length + 4);
  return Buffer.concat([size, box, Buffer.from('\0\0\0\x40meta', 'latin1'), new Uint8Array(56)]);
}

/** An ICO of two PNGs, as ffmpeg writes it. */
function icon(): string {
  const sizes = [16, 32].map((side) => ['-f', 'lavfi', '-i', `${QUADRANTS},scale=${side}:${side}`]);
  return fileFrom('icon.ico', [
    ...sizes.flat(),
    '-map',
    '0',
    '-map',
    '1',
    '-frames:v',
    '1',
    '-c:v',
    'png',
    '-pix_fmt',
    'rgba',
  ]);
}

/** A WebP that says it is animated, with a frame. */
function animated(): Buffer {
  const still = readFileSync(
    fileFrom('one.webp', ['-f', 'lavfi', '-i', QUADRANTS, '-frames:v', '1', '-lossless', '1']),
  );
  const chunk = (name: string, content: Uint8Array): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(content.length);
    return Buffer.concat([Buffer.from(name), size, content, new Uint8Array(content.length % 2)]);
  };
  const bits = still.subarray(12);
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    chunk('VP8X', Uint8Array.from([0x02, 0, 0, 0, 63, 0, 0, 47, 0, 0])),
    chunk('ANIM', new Uint8Array(6)),
    chunk('ANMF', Buffer.concat([Uint8Array.from([0, 0, 0, 0, 0, 0, 63, 0, 0, 47, 0, 0, 100, 0, 0, 0]), bits])),
  ]);
  return Buffer.concat([chunk('RIFF', body).subarray(0, 8), body]);
}

describe.each(ffmpegs)('what is refused with ffmpeg $name', ({ file: ffmpeg }) => {
  const pictures = async (file: string, allowPlaylists = false): Promise<string> => {
    const seen = (await all(decode(file, { ffmpeg, allowPlaylists }))).map(({ data }) => corners(data));
    return seen[0] ?? '';
  };

  it.each([
    ['photo.heic', () => brands('heic', 'mif1', 'heic'), /HEIC.*ffmpeg \(.+\) does not read.*7\.0.*convert/],
    ['photo.jpg', () => brands('mif1', 'heic', 'miaf'), /HEIC/],
    ['photo.avif', () => brands('avif', 'mif1', 'avif'), /AVIF.*5\.1.*convert/],
  ])('%s of which ffmpeg makes nothing: which ffmpeg can, and what to do', async (name, make, message) => {
    await expect(pictures(writeWith(name, make()))).rejects.toMatchObject({
      name: 'SourceError',
      code: 'codec',
      message: expect.stringMatching(message),
    });
  });

  it('ICO, and animated WebP unless this ffmpeg reads it', async () => {
    await expect(pictures(icon())).rejects.toMatchObject({ code: 'codec', message: expect.stringContaining('ICO') });
    const seen = await pictures(writeWith('moving.webp', animated())).catch(({ message }: Error) => message);
    expect(seen).toMatch(/animated WebP.*does not read|^red green blue white$/);
  });

  it('a playlist on disk that names the network, and why', async () => {
    const text = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n';
    await expect(pictures(writeWith('list.m3u8', text), true)).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringMatching(/names http: addresses.*URL of the playlist/),
    });
  });

  it.skipIf(process.platform === 'win32')('a pipe, with what to do', async () => {
    const pipe = path.join(scratch(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(pictures(pipe)).rejects.toMatchObject({
      code: 'not-a-file',
      message: expect.stringContaining('save what comes from it as a file first'),
    });
  });
});

describe('locations that are never read', () => {
  it.each([
    ['-', /stdin.*save it as a file/],
    ['rtsp://camera/stream', /record the stream first/],
    ['rtmp://host/live', /record the stream first/],
    ['udp://239.0.0.1:1234', /record the stream first/],
    ['s3://bucket/a.mp4', /signed https: URL/],
    ['ftp://host/a.mp4', /download it first/],
    ['data://x', /download it first/],
  ])('%s says what to do instead', (where, message) => {
    expect(() => decode(where)).toThrow(message);
  });
});

describe('pictureKind', () => {
  it.each([
    ['an MP4', brands('isom', 'avc1')],
    ['nothing', Buffer.alloc(0)],
    ['a cut box', Buffer.from('\0\0\0\x18ftyp', 'latin1')],
    ['an empty ICO', Buffer.from('\0\0\x01\0\0\0', 'latin1')],
    ['a cut ICO', Buffer.from('\0\0\x01\0\x01', 'latin1')],
    ['a cut WebP', Buffer.from('RIFF\0\0\0\0WEBPVP8X', 'latin1')],
    ['zeros', Buffer.alloc(64)],
  ])('%s is of no such kind', (_, head) => {
    expect(pictureKind(head)).toBeUndefined();
  });

  it('tells AVIF from HEIC by all brands, and a URL by its ending', () => {
    expect(pictureKind(brands('mif1', 'avif'))).toBe('AVIF');
    expect(pictureKind(brands('msf1', 'hevc'))).toBe('HEIC');
    const why = (name: string): string | undefined => whyNoPicture({ name }, { version: '4.4' });
    expect(why('http://host/a.HEIC?x=1')).toContain('HEIC, which this ffmpeg (4.4) does not read');
    expect(why('http://host/heic.mp4')).toBeUndefined();
  });
});
