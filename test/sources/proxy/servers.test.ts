import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decode } from '../../../src/sources/ffmpeg/decode.ts';
import { all, ffmpegs, media } from '../../support/media.ts';

const VIDEO = '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -g 5';
const mp4 = () => readFileSync(media('clip.mp4', `${VIDEO} -movflags +faststart`));
const ts = () => readFileSync(media('clip.ts', `${VIDEO} -f mpegts`));
const png = () => readFileSync(media('red.png', '-f lavfi -i color=red:s=32x32 -frames:v 1'));

const hls = (...segments: readonly string[]): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${segments.map((name) => `#EXTINF:0.5,\n${name}\n`).join('')}#EXT-X-ENDLIST\n`;
const dash = (file: string): string =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT0.5S"
 profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="1" bandwidth="1"><BaseURL>${file}</BaseURL></Representation></AdaptationSet></Period></MPD>`;

/** A server of these paths: a body, or where to redirect to. It remembers what was asked. */
class Site {
  readonly asked: string[] = [];
  readonly #server: Server;

  constructor(answer: (path: string) => string | Uint8Array | { to: string } | undefined) {
    this.#server = createServer(({ url = '', headers }, response) => {
      this.asked.push(`${headers.host}${url}`);
      const body = answer(url.replace(/\?.*/, ''));
      if (body === undefined) response.writeHead(404).end();
      else if (typeof body === 'object' && 'to' in body) response.writeHead(302, { location: body.to }).end();
      else response.end(body);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

const other: Site = new Site(
  (path) => ({ '/clip.mp4': mp4(), '/clip.ts': ts(), '/red.png': png(), '/list.m3u8': hls('clip.ts') })[path],
);
const site: Site = new Site((path) => {
  const away = new URL(other.origin);
  const pages: Record<string, string | Uint8Array | { to: string }> = {
    '/clip.mp4': mp4(),
    '/clip.ts': ts(),
    '/relative.m3u8': hls('clip.ts'),
    '/absolute.m3u8': hls(`${site.origin}/clip.ts`),
    '/master.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/relative.m3u8\n`,
    '/other.m3u8': hls(`${other.origin}/clip.ts?token=secret`),
    '/later.m3u8': hls('clip.ts', `${other.origin}/clip.ts`, 'clip.ts'),
    '/key.m3u8': hls('clip.ts').replace('#EXTINF', `#EXT-X-KEY:METHOD=AES-128,URI="${other.origin}/key"\n#EXTINF`),
    '/other-master.m3u8': `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${other.origin}/list.m3u8\n`,
    '/other.mpd': dash(`${other.origin}/clip.mp4`),
    '/tls.m3u8': hls(`https://${away.host}/clip.ts`),
    '/away.m3u8': hls('away.ts'),
    '/away.ts': { to: `${other.origin}/clip.ts` },
    '/proxied.m3u8': hls(`httpproxy://${away.host}/clip.ts`),
    '/tcp.m3u8': hls(`tcp://${away.host}`),
    '/list.ffconcat': `ffconcat version 1.0\nfile ${other.origin}/clip.mp4\n`,
    '/moved.mp4': { to: '/clip.mp4' },
    '/moved-away.mp4': { to: `${other.origin}/clip.mp4` },
    '/moved-away.png': { to: `${other.origin}/red.png` },
    '/moved-away.m3u8': { to: `${other.origin}/list.m3u8` },
    '/to-file.mp4': { to: 'file:///etc/hostname' },
    '/to-nothing.mp4': { to: 'http://' },
    '/loop.mp4': { to: '/loop.mp4' },
  };
  return pages[path];
});

beforeAll(async () => {
  await site.listen();
  await other.listen();
});
beforeEach(() => void other.asked.splice(0));
afterAll(() => {
  site.close();
  other.close();
});

describe.each(ffmpegs)('what a server leads to, with ffmpeg $name', ({ file: ffmpeg }) => {
  const read = async (path: string, allowPlaylists = false): Promise<number> =>
    (await all(decode(`${site.origin}${path}`, { ffmpeg, allowPlaylists }))).length;

  it.each([
    ['/clip.mp4', 5],
    ['/moved.mp4', 5],
    ['/moved-away.mp4', 5],
    ['/moved-away.png', 1],
    ['/relative.m3u8', 5],
    ['/absolute.m3u8', 5],
    ['/master.m3u8', 5],
    ['/moved-away.m3u8', 5],
  ])('%s is read', async (path, frames) => {
    expect(await read(path)).toBe(frames);
  });

  it.each(['/other.m3u8', '/later.m3u8', '/key.m3u8', '/other-master.m3u8', '/away.m3u8', '/tls.m3u8'])(
    '%s is a playlist that leaves its origin: refused, and the other server is never asked',
    async (path) => {
      const error = await read(path).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'SourceError', code: 'not-allowed' });
      const { message } = error as Error;
      expect(message).toContain(`${site.origin}${path}: `);
      expect(message).toContain(new URL(other.origin).host);
      expect(message).not.toMatch(/\n|secret/);
      expect(other.asked).toEqual([]);
    },
  );

  it.each(['/proxied.m3u8', '/tcp.m3u8', '/list.ffconcat', '/other.mpd', '/to-file.mp4', '/to-nothing.mp4'])(
    '%s is refused, and the other server is never asked',
    async (path) => {
      await expect(read(path)).rejects.toMatchObject({ name: 'SourceError' });
      expect(other.asked).toEqual([]);
    },
  );

  it('a playlist whose URL redirects to another server each time is read', async () => {
    const copies = [site, other];
    let turn = 0;
    const balancer = new Site(() => {
      const to = copies[turn++ % 2];
      return { to: `${to?.origin}${to === site ? '/relative.m3u8' : '/list.m3u8'}` };
    });
    await balancer.listen();
    try {
      expect((await all(decode(`${balancer.origin}/live.m3u8`, { ffmpeg }))).length).toBe(5);
    } finally {
      balancer.close();
    }
  });

  it('a redirect without an end is an error', async () => {
    await expect(read('/loop.mp4')).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('a playlist may leave its origin where the user allows it', async () => {
    expect(await read('/other.m3u8', true)).toBe(5);
    expect(await read('/away.m3u8', true)).toBe(5);
  });

  it('no proxy of the environment is told of what this process asks itself', async () => {
    const before = process.env['no_proxy'];
    // Where ffmpeg obeyed it, it would go its own way.
    process.env['no_proxy'] = '*';
    try {
      await expect(read('/other.m3u8')).rejects.toMatchObject({ code: 'not-allowed' });
      expect(other.asked).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['no_proxy'];
      else process.env['no_proxy'] = before;
    }
  });

  it('what is between this process and a server is asked as before', async () => {
    const proxy = new Site((url) => (url === `http://example.invalid/clip.mp4` ? mp4() : undefined));
    await proxy.listen();
    process.env['http_proxy'] = proxy.origin;
    try {
      expect((await all(decode('http://example.invalid/clip.mp4', { ffmpeg }))).length).toBe(5);
      // Of another proxy, nobody knows where a name leads, but an address is one.
      expect(proxy.asked[0]).toBe('example.invalidhttp://example.invalid/clip.mp4');
    } finally {
      delete process.env['http_proxy'];
      proxy.close();
    }
  });
});
