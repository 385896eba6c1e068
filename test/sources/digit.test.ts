import { firstValueFrom, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { resize, type Pixels } from 'sluice';
import { images } from 'sluice/node';
import { decoderResize, type ResizeOptions } from '../../src/preprocess/fit.ts';
import { ShownPixels } from '../../src/sources/browser/shown-pixels.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { exif, taggedJpeg } from '../support/exif.ts';
import { differenceShifted, draw, found, photo, STROKES } from '../support/handwriting.ts';
import { all, ffmpegs, fileFrom, media, writeWith } from '../support/media.ts';
import { readFileSync } from 'node:fs';

// A digit has to be found in the whole picture: a source must not resize it to the size of the model's input.

const DIGIT: ResizeOptions = { width: 28, height: 28, fit: 'digit' };

function fileOf({ width, height, data }: Pixels, name: string): string {
  const args = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-i', '-', '-frames:v', '1'];
  return fileFrom(name, args, new Uint8Array(data));
}

describe('decoderResize', () => {
  it.each([
    [640, 480, undefined],
    [1024, 1024, undefined],
    [1025, 700, '1024x699'],
    [4000, 3000, '1024x768'],
    [3000, 4000, '768x1024'],
    [16_384, 1, '1024x1'],
  ])('makes %i × %i smaller, whole', (width, height, wanted) => {
    const size = decoderResize({ ...DIGIT, resizeMethod: 'bicubic', centralFraction: 0.5 }, { width, height });
    expect(size && `${size.width}x${size.height}`).toBe(wanted);
    if (size) expect(size).toEqual({ width: size.width, height: size.height, fit: 'fill' });
  });

  it('is undefined where the size is not known', () => {
    expect(decoderResize(DIGIT)).toBeUndefined();
  });

  it('does not ask for the size otherwise', () => {
    const options: ResizeOptions = { width: 28, height: 28, fit: 'cover' };
    expect(decoderResize(options, { width: 4000, height: 3000 })).toBe(options);
  });
});

describe.each(ffmpegs)('with ffmpeg $name', ({ file: ffmpeg }) => {
  async function sizes(file: string): Promise<string[]> {
    const frames = await all(decode(file, { ffmpeg, resize: DIGIT }));
    expect(frames.map(({ data }) => data.resized)).toEqual(frames.map(() => undefined));
    return frames.map(({ data }) => `${data.width}x${data.height}`);
  }

  it('frames come whole, and large ones smaller', async () => {
    const clip = (size: string) => media(`digit-${size}.mp4`, `-f lavfi -i testsrc2=s=${size}:r=10:d=0.2 -c:v libx264`);
    expect(await sizes(clip('320x180'))).toEqual(['320x180', '320x180']);
    expect(await sizes(clip('1600x900'))).toEqual(['1024x576', '1024x576']);
  });

  it('a photo that lies on its side comes upright', async () => {
    const lying = fileFrom('lying.jpg', ['-f', 'lavfi', '-i', 'testsrc2=s=1600x1200', '-frames:v', '1', '-q:v', '2']);
    const upright = writeWith('upright.jpg', taggedJpeg(readFileSync(lying), exif(6)));
    expect(await sizes(upright)).toEqual(['768x1024']);
  });

  it('the digit of a file is the digit of its pixels', async () => {
    const page = photo(draw(STROKES.five, 300, 30), { width: 1600, height: 1200, at: [900, 200] });
    const file = fileOf(page, 'five.png');
    const source = images([file], { ffmpeg, resize: DIGIT });
    const { data } = await firstValueFrom(
      source.pipe(
        resize(DIGIT),
        map((frame) => frame.data),
      ),
    );
    const digit = Uint8Array.from({ length: 784 }, (_, i) => data[i * 3] as number);
    expect(differenceShifted(digit, found(page))).toBeLessThan(6);
  });
});

it('a page does the same to the planes of a frame', () => {
  const [width, height] = [2000, 1000];
  const bytes = new Uint8Array(width * height * 3).fill(90);
  const layout = [0, 1, 2].map((plane) => ({ offset: plane * width * height, stride: width }));
  const planes = { format: 'I444', width, height, bytes, layout } as const;
  const colour = { matrix: 'bt709', range: 'limited' } as const;
  const sizeOf = (rotation: number) => {
    const shown = { squarePixelWidth: width, squarePixelHeight: height, rotation, flip: false, colour };
    const picture = new ShownPixels(DIGIT).of(planes, shown);
    expect(picture.resized).toBeUndefined();
    return [picture.width, picture.height, picture.data.length];
  };
  expect(sizeOf(0)).toEqual([1024, 512, 1024 * 512 * 3]);
  expect(sizeOf(90)).toEqual([512, 1024, 1024 * 512 * 3]);
});
