import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { Pixels } from '../../src/stage/pixels.ts';
import { all, corners, ffmpegs, rgbAt, writeWith } from '../support/media.ts';
import { tiff, type TiffParts } from '../support/tiff.ts';

const [WIDTH, HEIGHT] = [64, 48];

/** Red, green, blue, white quadrants, from the levels of the three channels. */
function quadrants(bytesOf: (rgb: readonly [number, number, number]) => readonly number[]): Uint8Array {
  const colours = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ] as const;
  const pixels: number[] = [];
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      pixels.push(...bytesOf(colours[(y < HEIGHT / 2 ? 0 : 2) + (x < WIDTH / 2 ? 0 : 1)] ?? colours[0]));
    }
  }
  return Uint8Array.from(pixels);
}
const rgb = (): Uint8Array => quadrants((one) => one);
const inks = ([r, g, b]: readonly [number, number, number]): number[] => [255 - r, 255 - g, 255 - b, 0];
const picture = (parts: Partial<TiffParts> = {}): string =>
  writeWith('picture.tif', tiff({ width: WIDTH, height: HEIGHT, pixels: rgb(), ...parts }));

const BLACK_BEFORE: Record<string, Partial<TiffParts>> = {
  tiles: { tiled: true },
  'JPEG compression': { tags: { 259: 7 } },
  'JPEG compression of the old kind, 6,': { tags: { 259: 6 } },
  'floating-point numbers': { pixels: new Uint8Array(WIDTH * HEIGHT * 6), bits: 16, tags: { 339: 3 } },
  'signed numbers': { pixels: new Uint8Array(WIDTH * HEIGHT), samples: 1, tags: { 339: 2 } },
  'CMYK of 16 bits': { pixels: new Uint8Array(WIDTH * HEIGHT * 8), bits: 16, samples: 4, tags: { 262: 5 } },
  'CMYK in separate planes': { pixels: new Uint8Array(WIDTH * HEIGHT * 4), samples: 4, tags: { 262: 5, 284: 2 } },
};

describe.each(ffmpegs)('TIFF with ffmpeg $name', ({ file: ffmpeg }) => {
  async function only(file: string): Promise<Pixels> {
    const [arrival] = await all(decode(file, { ffmpeg }));
    if (arrival === undefined) throw new Error('no picture');
    return arrival.data;
  }

  it('reads a plain one', async () => {
    expect(corners(await only(picture()))).toBe('red green blue white');
  });

  it('turns one whose directory is far behind its beginning', async () => {
    // Over 64 kB before the directory: it is not among the first bytes.
    const wide = { width: 256, height: 128, pixels: new Uint8Array(256 * 128 * 3), tags: { 274: 6 } };
    expect(await only(picture(wide))).toMatchObject({ width: 128, height: 256 });
  });

  it.each(Object.entries(BLACK_BEFORE))('refuses %s', async (what, parts) => {
    await expect(only(picture(parts))).rejects.toMatchObject({
      name: 'SourceError',
      code: 'codec',
      message: expect.stringContaining(what.split(' of the')[0] ?? what),
    });
  });

  it('refuses tiles of a URL, too', async () => {
    const bytes = tiff({ width: WIDTH, height: HEIGHT, pixels: rgb(), tiled: true });
    const server = createServer((_, response) => response.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      await expect(only(`http://127.0.0.1:${port}/a.tif`)).rejects.toMatchObject({ code: 'codec' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('makes the right colours of 8-bit CMYK, or none', async () => {
    const file = picture({ pixels: quadrants(inks), samples: 4, tags: { 262: 5 } });
    const seen = await only(file).then(corners, ({ code }: { code: string }) => code);
    expect(['red green blue white', 'no-frames', 'no-video-stream']).toContain(seen);
  });

  it('makes no transparency of a fourth channel that is none', async () => {
    const pixels = quadrants((one) => [...one, 0]);
    expect(corners(await only(picture({ pixels, samples: 4, tags: { 338: 0 } })))).toBe('red green blue white');
    expect(corners(await only(picture({ pixels, samples: 4, tags: { 338: 2 } })))).toBe('white white white white');
  });

  it('takes YCbCr by the whole range, as TIFF and JPEG have it', async () => {
    // BT.601: (200, 60, 30) is Y 98.44, Cb 89.37, Cr 200.44.
    const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => [98, 89, 200][i % 3] ?? 0);
    const [r = 0, g = 0, b = 0] = rgbAt(await only(picture({ pixels, tags: { 262: 6, 530: [1, 1] } })), 5, 5);
    expect(Math.max(Math.abs(r - 199), Math.abs(g - 60), Math.abs(b - 29))).toBeLessThanOrEqual(2);
  });

  it('says of BigTIFF what it is', async () => {
    const bytes = Buffer.concat([Buffer.from('II+\0\b\0\0\0', 'latin1'), new Uint8Array(64)]);
    await expect(only(writeWith('big.tif', bytes))).rejects.toMatchObject({
      code: 'codec',
      message: expect.stringContaining('BigTIFF'),
    });
  });

  it.each([
    ['a directory past the end', (bytes: Buffer) => bytes.writeUInt32LE(0xfffffff0, 4)],
    ['a directory of 65,535 entries', (bytes: Buffer) => bytes.writeUInt16LE(0xffff, bytes.readUInt32LE(4))],
    ['a directory inside the header', (bytes: Buffer) => bytes.writeUInt32LE(2, 4)],
    [
      'an entry that points past the end',
      (bytes: Buffer) => bytes.writeUInt32LE(0x7fffffff, bytes.readUInt32LE(4) + 34),
    ],
  ])('%s ends with a picture or a SourceError', async (_, damage) => {
    const bytes = tiff({ width: WIDTH, height: HEIGHT, pixels: rgb() });
    damage(bytes);
    const seen = await only(writeWith('damaged.tif', bytes)).then(corners, ({ name }: Error) => name);
    expect(['red green blue white', 'SourceError']).toContain(seen);
  });

  it('a TIFF cut anywhere ends with a picture or a SourceError', async () => {
    const bytes = tiff({ width: 8, height: 8, pixels: new Uint8Array(192).fill(200) });
    for (const length of [4, 8, 9, 100, 201, 202, 230, bytes.length - 1]) {
      const seen = await only(writeWith('cut.tif', bytes.subarray(0, length))).then(
        ({ width }) => width,
        ({ name }: Error) => name,
      );
      expect([8, 'SourceError']).toContain(seen);
    }
  });
});
