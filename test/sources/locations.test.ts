import { copyFileSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, media, scratch, writeWith } from '../support/media.ts';

const clip = (): string =>
  media('clip.mp4', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -movflags +faststart');

let server: Server;
let base = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/clip.mp4') response.end(readFileSync(clip()));
    else if (request.url === '/text.mp4') response.end('no video');
    // A playlist that would read a file of this machine.
    else if (request.url === '/evil.m3u8')
      response.end(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${clip()}\n#EXT-X-ENDLIST\n`);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object') base = `http://127.0.0.1:${address?.port}`;
});

afterAll(() => server.close());

describe.each(ffmpegs)('locations with ffmpeg $name', ({ file: ffmpeg }) => {
  const count = async (where: string | URL, allowPlaylists = false): Promise<number> =>
    (await all(decode(where, { ffmpeg, allowPlaylists }))).length;

  it.each([
    '-i.mp4',
    'a:b.mp4',
    'http:x.mp4',
    '100%d %03d.mp4',
    'it\'s "quoted".mp4',
    'new\nline.mp4',
    '視頻 – čau 🦜.mp4',
    'pipe:0',
    'a|b.mp4',
    'glob*[a]?.mp4',
    '$(touch x);.mp4',
    'back\\slash.mp4',
    ' lead and trail ',
  ])('reads a file named %o', async (name) => {
    const file = path.join(scratch(), name);
    copyFileSync(clip(), file);
    expect(await count(file)).toBe(5);
    expect(await count(pathToFileURL(file))).toBe(5);
    expect(await count(pathToFileURL(file).href)).toBe(5);
  });

  it('reads a relative path, below the working directory', async () => {
    expect(await count(path.relative(process.cwd(), clip()))).toBe(5);
  });

  it('follows a link', async () => {
    const link = path.join(scratch(), 'link.mp4');
    symlinkSync(clip(), link);
    expect(await count(link)).toBe(5);
  });

  it('reads http URLs, as text and as objects', async () => {
    expect(await count(`${base}/clip.mp4`)).toBe(5);
    expect(await count(new URL(`${base}/clip.mp4`))).toBe(5);
  });

  it('tells what is wrong with an http URL', async () => {
    await expect(count(`${base}/nothing.mp4`)).rejects.toMatchObject({ code: 'not-found' });
    await expect(count(`${base}/text.mp4`)).rejects.toMatchObject({ code: 'not-a-video' });
    await expect(count('http://127.0.0.1:1/closed.mp4')).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('refused'),
    });
  });

  it('a playlist from the network does not read local files', async () => {
    await expect(count(`${base}/evil.m3u8`)).rejects.toMatchObject({ name: 'SourceError' });
  });

  it('a local playlist does not reach the network', async () => {
    const file = writeWith(
      'evil.m3u8',
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${base}/clip.mp4\n#EXT-X-ENDLIST\n`,
    );
    await expect(count(file, true)).rejects.toMatchObject({ name: 'SourceError', code: 'not-allowed' });
  });
});
