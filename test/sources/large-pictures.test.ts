import { afterAll, describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors/errors.ts';
import { codeOf } from '../../src/errors/code-of.ts';
import { NETWORK } from '../support/clips.ts';
import { all, ffmpegs, fileFrom, oldFfmpeg, writeWith } from '../support/media.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { images } from '../../src/sources/images.ts';
import { makeCgroup } from '../support/cgroup.ts';
import { main, sluice } from '../support/sluice.ts';
import { execFileSync } from 'node:child_process';
import type { ResizeOptions } from '../../src/preprocess/fit.ts';
import { lastValueFrom } from 'rxjs';

// A few bytes may stand for a picture that takes gigabytes.

/** A transparent picture with a hard edge between opaque and transparent columns, whose hidden colour is black. */
const WIDTH = 2501;
const HEIGHT = 2203;
const alphaAt = (x: number, y: number): number => (Math.floor(x / 11) % 2 === 0 ? 255 : (y >> 2) % 256);
const colourAt = (x: number, y: number): number => (alphaAt(x, y) === 0 ? 0 : (x * 3 + y * 5) % 256);

function transparent(): string {
  const bytes = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const value = colourAt(x, y);
      bytes[at++] = value;
      bytes[at++] = 255 - value;
      bytes[at++] = 40;
      bytes[at++] = alphaAt(x, y);
    }
  }
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${WIDTH}x${HEIGHT}`, '-i', '-'];
  return fileFrom('transparent.png', [...raw, '-frames:v', '1'], bytes);
}

/** The mean of the pixels over white below one pixel of the result, each by how much of it lies below. */
function meanOverWhite(x: number, y: number, { width, height }: { width: number; height: number }): number[] {
  const [left, right] = [(x * WIDTH) / width, ((x + 1) * WIDTH) / width];
  const [top, bottom] = [(y * HEIGHT) / height, ((y + 1) * HEIGHT) / height];
  const sum = [0, 0, 0];
  let area = 0;
  for (let row = Math.floor(top); row < bottom; row++) {
    const high = Math.min(row + 1, bottom) - Math.max(row, top);
    for (let column = Math.floor(left); column < right; column++) {
      const part = high * (Math.min(column + 1, right) - Math.max(column, left));
      const value = colourAt(column, row);
      const alpha = alphaAt(column, row) / 255;
      [value, 255 - value, 40].forEach((c, i) => (sum[i] = (sum[i] ?? 0) + part * (c * alpha + 255 * (1 - alpha))));
      area += part;
    }
  }
  return sum.map((total) => total / area);
}

/** The header of a PNG of this size, with no pixels. */
function headerOnly(width: number, height: number): string {
  const tiny = fileFrom('one.png', ['-f', 'lavfi', '-i', 'color=red:s=16x16', '-frames:v', '1', '-pix_fmt', 'rgba']);
  const bytes = execFileSync('cat', [tiny]);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return writeWith('header.png', bytes);
}

describe.each(ffmpegs)('a large picture with ffmpeg $name', ({ file: ffmpeg }) => {
  it.each<ResizeOptions>([
    { width: 100, height: 90, fit: 'fill' },
    { width: 61, height: 127, fit: 'fill' },
  ])('that is transparent is laid over white before it is scaled to $width x $height', async (resize) => {
    const [{ data } = { data: undefined }] = await all(decode(transparent(), { resize, ffmpeg }));
    let [most, sum] = [0, 0];
    for (let y = 0, at = 0; y < resize.height; y++) {
      for (let x = 0; x < resize.width; x++) {
        for (const value of meanOverWhite(x, y, resize)) {
          const error = Math.abs(value - (data?.data[at++] ?? NaN));
          most = Math.max(most, error);
          sum += error;
        }
      }
    }
    // ffmpeg weighs the pixels at the edge of an area by a triangle, also in pictures that are laid over white as a whole.
    expect(most).toBeLessThan(5);
    expect(sum / (resize.width * resize.height * 3)).toBeLessThan(1);
  });

  it('is refused above the limit, before memory is taken for it', async () => {
    const file = headerOnly(12_000, 10_000);
    await expect(all(decode(file, { ffmpeg }))).rejects.toMatchObject({
      name: 'SourceError',
      code: 'too-large',
      message: `${file}: 12000x10000 is over the limit of 100,000,000 pixels: maxPixels (--max-pixels) raises it`,
    });
    // Where it is allowed, the pixels are missing.
    const allowed = all(decode(file, { ffmpeg, maxPixels: 2e8, resize: { width: 8, height: 8 } }));
    const code = await allowed.then(
      (frames) => frames.length,
      (error: unknown) => codeOf(error),
    );
    expect(code).not.toBe('too-large');
  });

  it.each([
    ['a JPEG', 'small.jpg', ['-frames:v', '1']],
    ['a WebP', 'small.webp', ['-frames:v', '1']],
    ['a BMP', 'small.bmp', ['-frames:v', '1']],
    ['a TIFF', 'small.tiff', ['-frames:v', '1']],
    ['a GIF', 'small.gif', []],
    ['a video', 'small.mp4', ['-pix_fmt', 'yuv420p']],
    ['a video without an index', 'small.ts', ['-pix_fmt', 'yuv420p', '-c:v', 'libx264']],
  ] as const)('is refused in %s, too', async (_, name, args) => {
    const file = fileFrom(name, ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5:d=1', ...args]);
    await expect(all(decode(file, { ffmpeg, maxPixels: 64 * 48 - 1 }))).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('small'),
    });
    expect((await all(decode(file, { ffmpeg, maxPixels: 64 * 48 }))).length).toBeGreaterThan(0);
  });

  it('ends a list of pictures, or is skipped', async () => {
    const file = headerOnly(12_000, 10_000);
    await expect(lastValueFrom(images([file], { ffmpeg }))).rejects.toMatchObject({ code: 'too-large' });
    const skipping = images([file], { ffmpeg, onError: 'skip' });
    await expect(lastValueFrom(skipping, { defaultValue: 'none' })).resolves.toBe('none');
  });
});

describe('maxPixels', () => {
  it.each([0, -1, 1.5, NaN, 16_384 ** 2 + 1, '5'])('is not %s', (maxPixels) => {
    expect(() => decode('a.png', { maxPixels: maxPixels as number })).toThrow(OptionError);
    expect(() => images([], { maxPixels: maxPixels as number })).toThrow(/maxPixels must be a whole number from 1 to/);
  });
});

const cgroup = makeCgroup({ memory: 700e6 });
afterAll(() => cgroup?.remove());

describe.runIf(cgroup)('in 700 MB', () => {
  it('a transparent picture of 67 million pixels has room, which takes 268 MB once', { timeout: 120_000 }, async () => {
    const file = fileFrom('glass.png', [
      ...['-f', 'lavfi', '-i', 'color=c=red@0.5:s=8192x8192,format=rgba', '-frames:v', '1', '-pix_fmt', 'rgba'],
    ]);
    const command = [...(cgroup?.command ?? []), process.execPath, main] as [string, ...string[]];
    const args = ['classify', '--quiet', ...NETWORK, '--engine', 'cpu', '--ffmpeg', oldFfmpeg];
    const { code, stdout } = await sluice([...args, file], { command });
    expect([code, cgroup?.kills, stdout.split('\n').length]).toEqual([0, 0, 2]);
  });
});
