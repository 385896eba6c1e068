import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { all, corners, ffmpegs, fileFrom, QUADRANTS, scratch, writeWith } from '../support/media.ts';
import { exif } from '../support/exif.ts';
import { jpegWith, pngWith, still, webpWith } from '../support/tagged-pictures.ts';

const served = new Map<string, Buffer>();
const asked: string[] = [];
let server: Server;
let base = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const bytes = served.get(decodeURI((request.url ?? '').split('?')[0] ?? ''));
    if (bytes === undefined) response.writeHead(404).end();
    else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object') base = `http://127.0.0.1:${address?.port}`;
});
beforeEach(() => {
  served.clear();
  asked.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** The raw formats that are known by their names only. */
const raw = (ending: 'ppm' | 'tga', source = QUADRANTS): string =>
  fileFrom(`raw.${ending}`, ['-f', 'lavfi', '-i', source, '-frames:v', '1']);

describe.each(ffmpegs)('pictures by URL with ffmpeg $name', ({ file: ffmpeg }) => {
  async function only(where: string): Promise<string> {
    const messages: string[] = [];
    const onWarning = ({ code, message }: { code: string; message: string }): void =>
      void (code === 'damaged' && messages.push(message));
    const source = decode(where, { ffmpeg, onWarning });
    const [picture] = (await all(source)).map(({ data }) => data);
    if (picture === undefined) throw new Error('no picture');
    const { width, height, container } = await source.info();
    expect(messages).toEqual([]);
    expect(picture).toMatchObject({ width, height });
    return `${container} ${width}x${height} ${corners(picture)}`;
  }

  it.each([
    ['a.jpg', () => jpegWith(exif(6))],
    ['b.jpg', () => jpegWith(exif(3, 'MM'))],
    ['c.png', () => pngWith(exif(6))],
    ['d.webp', () => webpWith(exif(8))],
    ['e.webp', () => webpWith(Buffer.concat([Buffer.from('Exif\0\0'), exif(8)]))],
    ['f.png', () => still('upright.png')],
    ['no-ending', () => pngWith(exif(5))],
  ])('gives %s of a URL as it gives it of a disk', async (name, make) => {
    served.set(`/${name}`, make());
    const disk = await only(writeWith(name, make()));
    expect(await only(`${base}/${name}`)).toBe(disk);
    expect(await only(`${base}/${name}?size=1#top`)).toBe(disk);
  });

  it('finds a tag behind the pixels of a large picture', async () => {
    const noise = 'nullsrc=s=600x400,geq=random(1)*255:128:128,format=rgb24';
    const large = readFileSync(
      fileFrom('noise.webp', ['-f', 'lavfi', '-i', noise, '-frames:v', '1', '-lossless', '1']),
    );
    served.set('/noise.webp', webpWith(exif(6), large));
    expect(large.length).toBeGreaterThan(100_000);
    const source = decode(`${base}/noise.webp`, { ffmpeg });
    expect(await source.info()).toMatchObject({ width: 400, height: 600 });
  });

  it.each(['/my dog.jpg', '/my%20dog.jpg', '/a%2dog.jpg', '/c%20d/x%03d.png', '/m%2520d.jpg'])(
    'asks for %s by its name',
    async (location) => {
      const url = new URL(location, base);
      served.set(decodeURI(url.pathname), still('photo.png'));
      expect(await only(url.href)).toBe('png_pipe 64x48 red green blue white');
      expect(decodeURI(asked.at(-1) ?? '')).toBe(decodeURI(url.pathname));
    },
  );

  it('reads a %20d picture that has no signature', async () => {
    served.set('/my dog.ppm', readFileSync(raw('ppm')));
    expect(await only(`${base}/my%20dog.ppm`)).toContain('64x48 red green blue white');
  });

  it.each(['ppm', 'tga'] as const)('takes a pattern in the name of a local .%s as it stands', async (ending) => {
    const folder = scratch();
    copyFileSync(raw(ending), path.join(folder, `a%03d.${ending}`));
    // What the name means as a pattern is another picture.
    copyFileSync(raw(ending, 'color=red:s=32x32'), path.join(folder, `a000.${ending}`));
    copyFileSync(raw(ending, 'color=red:s=32x32'), path.join(folder, `a001.${ending}`));
    expect(await only(path.join(folder, `a%03d.${ending}`))).toBe('image2 64x48 red green blue white');
    copyFileSync(raw(ending), path.join(folder, `100%[x]?.${ending}`));
    expect(await only(path.join(folder, `100%[x]?.${ending}`))).toBe('image2 64x48 red green blue white');
  });

  it('does not look for other pictures than the one that is missing', async () => {
    await expect(only(`${base}/gone%20d.jpg`)).rejects.toMatchObject({ name: 'SourceError' });
    await expect(only(`${base}/gone.jpg`)).rejects.toMatchObject({ code: 'not-found' });
    await expect(only(writeWith('text%03d.ppm', 'no picture'))).rejects.toMatchObject({ name: 'SourceError' });
  });

  it('ends while the bytes of a picture are still coming', async () => {
    const bytes = still('photo.png');
    const slow = createServer((_, response) => void response.write(bytes.subarray(0, 60)));
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const address = slow.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const decoding = decode(`http://127.0.0.1:${port}/slow.png`, { ffmpeg })[Symbol.asyncIterator]();
    const first = decoding.next();
    await new Promise((resolve) => slow.once('request', resolve));
    await decoding.return();
    expect(await first).toEqual({ done: true, value: undefined });
    slow.closeAllConnections();
    slow.close();
  });
});
