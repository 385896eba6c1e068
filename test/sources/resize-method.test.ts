import { describe, expect, it } from 'vitest';
import { resizePixels } from '../../src/preprocess/resize.ts';
import { RESIZE_METHODS, resizeKey, resolveResize, type ResizeOptions } from '../../src/preprocess/fit.ts';
import { ShownPixels } from '../../src/sources/browser/shown-pixels.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { Pixels } from '../../src/stage/pixels.ts';
import { ffmpegs, media } from '../support/media.ts';

const clip = (): string => media('method.mp4', '-f lavfi -i testsrc2=s=96x64:r=10:d=0.3 -pix_fmt yuv444p -c:v libx264');

async function frames(options: Parameters<typeof decode>[1]): Promise<Pixels[]> {
  const found: Pixels[] = [];
  for await (const { data } of decode(clip(), options)) found.push(data);
  return found;
}

const SIZES: readonly ResizeOptions[] = [
  { width: 20, height: 20 },
  { width: 30, height: 10, fit: 'contain', centralFraction: 0.875 },
  { width: 150, height: 100, fit: 'fill' },
];

describe.each(ffmpegs)('a method that ffmpeg $name does not do as we do', ({ file: ffmpeg }) => {
  const others = RESIZE_METHODS.filter((method) => method !== 'area');
  it.each(others.flatMap((resizeMethod) => SIZES.map((size) => ({ ...size, resizeMethod }))))(
    '$resizeMethod to $width×$height is done here, on whole frames',
    async (resize) => {
      const whole = await frames({ ffmpeg });
      const resized = await frames({ ffmpeg, resize });
      expect(whole.length).toBe(3);
      expect(resized).toEqual(whole.map((picture) => resizePixels(picture, resolveResize(resize))));
      expect(resized[0]?.resized).toBe(resizeKey(resize));
    },
  );
  it('area is left to it', async () => {
    const [first] = await frames({ ffmpeg, resize: { width: 20, height: 20, resizeMethod: 'area' } });
    const [same] = await frames({ ffmpeg, resize: { width: 20, height: 20 } });
    expect(first).toEqual(same);
  });
});

it('a page does the same to the planes of a frame', () => {
  const bytes = Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => (i * 7919) % 251);
  const size = 96 * 64;
  const layout = [0, 1, 2].map((plane) => ({ offset: plane * size, stride: 96 }));
  const planes = { format: 'I444', width: 96, height: 64, bytes, layout } as const;
  const colour = { matrix: 'bt709', range: 'limited' } as const;
  const shown = { squarePixelWidth: 96, squarePixelHeight: 64, rotation: 0, flip: false, colour };
  const whole = new ShownPixels(undefined).of(planes, shown);
  for (const resizeMethod of RESIZE_METHODS.filter((method) => method !== 'area')) {
    const resize = { width: 20, height: 20, resizeMethod };
    expect(new ShownPixels(resize).of(planes, shown)).toEqual(resizePixels(whole, resolveResize(resize)));
  }
});
