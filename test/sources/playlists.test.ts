import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, fileFrom, media, scratch } from '../support/media.ts';

const VIDEO = '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -g 5';
const mp4 = (): string => media('clip.mp4', `${VIDEO} -movflags +faststart`);
const ts = (): string => media('clip.ts', `${VIDEO} -f mpegts`);

const hls = (segment: string): string => `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\n${segment}\n#EXT-X-ENDLIST\n`;
const dash = (file: string): string =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT0.5S"
 profiles="urn:mpeg:dash:profile:isoff-main:2011">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${file}</BaseURL>
</Representation></AdaptationSet></Period></MPD>`;
const ffconcat = (file: string): string => `ffconcat version 1.0\nfile ${file}\n`;
const sdp =
  'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n';
const vobsub =
  '# VobSub index file, v7 (do not modify this line!)\nsize: 64x48\nid: en, index: 0\ntimestamp: 00:00:01:000, filepos: 000000000\n';

describe.each(ffmpegs)('a file that names other files, with ffmpeg $name', ({ file: ffmpeg }) => {
  let folder = '';
  const inFolder = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const count = async (file: string, allowPlaylists?: boolean): Promise<number> =>
    (await all(decode(file, { ffmpeg, ...(allowPlaylists !== undefined && { allowPlaylists }) }))).length;

  beforeAll(() => {
    folder = scratch();
    for (const file of [mp4(), ts()]) copyFileSync(file, path.join(folder, path.basename(file)));
  });

  it.each([
    ['an HLS playlist', () => hls(ts())],
    ['an HLS playlist', () => hls('clip.ts')],
    ['an HLS playlist', () => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${ts()}\n`],
    ['a DASH manifest', () => dash(mp4())],
    ['a list of files (ffconcat)', () => ffconcat('clip.mp4')],
    ['a description of a stream (SDP)', () => sdp],
    ['an index of subtitles (VobSub)', () => vobsub],
  ])('%s is refused, whatever its name is', async (kind, text) => {
    await expect(count(inFolder('upload.jpg', text()))).rejects.toMatchObject({ name: 'SourceError' });
    for (const name of ['upload.mp4', 'upload.m3u8', 'upload']) {
      const error = await count(inFolder(name, text())).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'SourceError', code: 'not-allowed' });
      const { message } = error as Error;
      expect(message).toContain(`${name}: ${kind}`);
      expect(message).toContain('--allow-playlists');
      expect(message).not.toContain('\n');
    }
  });

  it.each([
    ['HLS', () => hls(ts())],
    ['HLS', () => hls('clip.ts')],
    ['ffconcat', () => ffconcat('clip.mp4')],
  ])('%s is read where the user allows it', async (_, text) => {
    expect(await count(inFolder('trusted.m3u8', text()), true)).toBe(5);
  });

  it('a playlist that takes the place of a file after its description is refused', async () => {
    const file = inFolder('clip-2.mp4', '');
    copyFileSync(mp4(), file);
    const frames = decode(file, { ffmpeg });
    expect((await frames.info()).width).toBe(64);
    writeFileSync(file, hls(ts()));
    await expect(all(frames)).rejects.toMatchObject({ name: 'SourceError' });
  });

  it('a pattern in a name is not another file', async () => {
    copyFileSync(
      fileFrom('red.tga', ['-f', 'lavfi', '-i', 'color=red:s=32x32', '-frames:v', '1']),
      path.join(folder, 'other0.tga'),
    );
    await expect(count(inFolder('other%d.tga', 'no picture'))).rejects.toMatchObject({ name: 'SourceError' });
  });

  it('videos and pictures are read', async () => {
    expect(await count(path.join(folder, 'clip.mp4'))).toBe(5);
    expect(await count(path.join(folder, 'clip.ts'), false)).toBe(5);
  });
});

it.each(['yes', 1, null])('allowPlaylists: %o is an error', (value) => {
  expect(() => decode('clip.mp4', { allowPlaylists: value as never })).toThrow(/allowPlaylists must be true or false/);
});
