import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { detection, maskOf, segmentation, useEngine } from 'sluice';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { resizeKey, type ResizeOptions } from '../../src/preprocess/fit.ts';
import { viewOf, type Pixels } from '../../src/stage/pixels.ts';
import { inSource, wholeView } from '../../src/frames/picture-view.ts';
import { all, corners, ffmpegs, fileFrom, media, QUADRANTS, rgbAt, writeWith } from '../support/media.ts';
import { randomFrom, seed } from '../support/random.ts';

const LOSSLESS = ['-c:v', 'libx264', '-qp', '0', '-pix_fmt', 'yuv444p'];
const upright = (): string => fileFrom('upright.mp4', ['-f', 'lavfi', '-i', QUADRANTS, ...LOSSLESS]);
/** A display matrix as a phone writes it (degrees clockwise), put in by hand: ffmpeg's own `rotate` tag turns the other way. */
function rotated(degrees: 90 | 180 | 270, file = upright()): string {
  const bytes = Buffer.from(readFileSync(file));
  const matrix = { 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0] }[degrees];
  const at = bytes.indexOf('tkhd') + 44;
  [0, 4, 12, 16].forEach((offset, index) => bytes.writeInt32BE((matrix[index] ?? 0) * 0x10000, at + offset));
  return writeWith(`rotated-${degrees}.mp4`, bytes);
}
const part = (size: string): string =>
  media(`part-${size}.ts`, `-f lavfi -i testsrc2=s=${size}:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -bf 0 -f mpegts`);
const stretched = (aspect: string): string =>
  fileFrom('stretched.mp4', ['-f', 'lavfi', '-i', `${QUADRANTS},setsar=${aspect}`, ...LOSSLESS]);

/** A white square on black, beside the middle, with pixels of this aspect. */
const square = (aspect: string, width = 96, height = 64): string =>
  fileFrom('square.mp4', [
    ...['-f', 'lavfi', '-i'],
    `color=black:s=${width}x${height}:r=10:d=0.2,drawbox=x=${width / 2 + 2}:y=${height / 2 - 4}:w=6:h=6:c=white:t=fill,format=rgb24,setsar=${aspect}`,
    ...LOSSLESS,
  ]);
/** Where the middle of what is light is. */
function middle({ width, height, channels, data }: Pixels): readonly [x: number, y: number] {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = data[(y * width + x) * channels] ?? 0;
      if (light < 8) continue;
      [sum, sumX, sumY] = [sum + light, sumX + light * (x + 0.5), sumY + light * (y + 0.5)];
    }
  }
  return [sumX / sum, sumY / sum];
}

describe.each(ffmpegs)('geometry with ffmpeg $name', ({ file: ffmpeg }) => {
  async function first(file: string, resize?: ResizeOptions): Promise<Pixels> {
    const decoding = decode(file, { ffmpeg, ...(resize && { resize }) })[Symbol.asyncIterator]();
    const { value } = await decoding.next();
    await decoding.return();
    if (value === undefined) throw new Error('no frame');
    return value.data;
  }

  it.each(['mp4', 'mkv'])('makes square pixels by the aspect that only the container of .%s states', async (ending) => {
    // The codec says 1:1. Red is left, and half of the width.
    const coded = fileFrom('coded.mp4', ['-f', 'lavfi', '-i', `${QUADRANTS},setsar=1`, ...LOSSLESS]);
    const file = fileFrom(`container.${ending}`, ['-i', coded, '-c', 'copy', '-aspect', '8:3']);
    expect(await decode(file, { ffmpeg }).info()).toMatchObject({ width: 128, height: 48, pixelAspect: 2 });
    expect(corners(await first(file))).toBe('red green blue white');
    const contained = await first(file, { width: 64, height: 64, fit: 'contain' });
    // 64 × 24 between bars of 20 lines.
    expect(rgbAt(contained, 4, 10)).toEqual([0, 0, 0]);
    expect(rgbAt(contained, 4, 53)).toEqual([0, 0, 0]);
    expect(rgbAt(contained, 4, 24)[0]).toBeGreaterThan(200);
  });

  it.each([
    [0, '64x48', 'red green blue white'],
    [90, '48x64', 'blue red white green'],
    [180, '64x48', 'white blue green red'],
    [270, '48x64', 'green white red blue'],
  ] as const)('turns a picture by %i degrees', async (degrees, size, expected) => {
    const file = degrees === 0 ? upright() : rotated(degrees);
    const pixels = await first(file);
    expect(`${pixels.width}x${pixels.height}`).toBe(size);
    expect(corners(pixels)).toBe(expected);
    const info = await decode(file, { ffmpeg }).info();
    expect(`${info.width}x${info.height}`).toBe(size);
    expect(info.rotation).toBe(degrees);
  });

  it('turns before it crops', async () => {
    const pixels = await first(rotated(90), { width: 24, height: 24 });
    expect(corners(pixels)).toBe('blue red white green');
  });

  it.each([
    ['4/3', '85x48'],
    ['1/2', '64x96'],
  ])('makes pixels of aspect %s square by growing', async (aspect, size) => {
    const pixels = await first(stretched(aspect));
    expect(`${pixels.width}x${pixels.height}`).toBe(size);
    expect(corners(pixels)).toBe('red green blue white');
  });

  it('crops wide pixels by the shown shape, not the stored one', async () => {
    // Stored 64x48 with pixels twice as wide is shown 128x48: a square is its middle, 24 stored columns of 64.
    const stripes = `color=red:s=64x48:r=10:d=0.2,drawbox=x=20:y=0:w=24:h=48:c=0x00FF00:t=fill,format=rgb24,setsar=2/1`;
    const file = fileFrom('wide.mp4', ['-f', 'lavfi', '-i', stripes, ...LOSSLESS]);
    const pixels = await first(file, { width: 48, height: 48 });
    expect(corners(pixels)).toBe('green green green green');
    expect(corners(await first(file, { width: 48, height: 48, fit: 'fill' }))).toBe('red red red red');
  });

  it('cover cuts the sides off, keeps the middle', async () => {
    const pixels = await first(upright(), { width: 24, height: 24 });
    expect(pixels).toMatchObject({ width: 24, height: 24, resized: resizeKey({ width: 24, height: 24 }) });
    expect(corners(pixels)).toBe('red green blue white');
    expect(rgbAt(pixels, 11, 2)[0]).toBeGreaterThan(150);
    expect(rgbAt(pixels, 12, 2)[1]).toBeGreaterThan(150);
  });

  it('contain puts the whole picture on black', async () => {
    const pixels = await first(upright(), { width: 64, height: 64, fit: 'contain' });
    expect(corners(pixels)).toBe('black black black black');
    expect([7, 8, 55, 56].map((y) => Math.max(...rgbAt(pixels, 5, y)) > 128)).toEqual([false, true, true, false]);
  });

  it('contain puts bars at the sides of a turned picture', async () => {
    const pixels = await first(rotated(90), { width: 64, height: 64, fit: 'contain' });
    expect([7, 8, 55, 56].map((x) => Math.max(...rgbAt(pixels, x, 5)) > 128)).toEqual([false, true, true, false]);
  });

  it('centralFraction takes the middle only', async () => {
    const ring = `color=red:s=64x64:r=10:d=0.2,drawbox=x=16:y=16:w=32:h=32:c=0x00FF00:t=fill,format=rgb24`;
    const file = fileFrom('ring.mp4', ['-f', 'lavfi', '-i', ring, ...LOSSLESS]);
    const pixels = await first(file, { width: 32, height: 32, centralFraction: 0.5 });
    expect(corners(pixels)).toBe('green green green green');
    const contained = await first(file, { width: 32, height: 32, centralFraction: 0.5, fit: 'contain' });
    expect(corners(contained)).toBe('green green green green');
  });

  it('averages areas when it shrinks: a fine checkerboard becomes grey', async () => {
    const board = `nullsrc=s=64x64:r=10:d=0.2,geq=lum='255*mod(X+Y,2)':cb=128:cr=128,format=rgb24`;
    const file = fileFrom('board.mkv', ['-f', 'lavfi', '-i', board, '-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
    const pixels = await first(file, { width: 16, height: 16 });
    const values = [...pixels.data];
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(4);
    expect(values[0]).toBeGreaterThan(120);
    expect(values[0]).toBeLessThan(136);
  });

  it('grows a small picture, also to one side only', async () => {
    const pixels = await first(upright(), { width: 200, height: 10, fit: 'fill' });
    expect(corners(pixels)).toBe('red green blue white');
  });

  it('keeps one size when a stream changes its own on the way', async () => {
    const file = media('changing.ts', `-i concat:${part('64x48')}|${part('96x96')} -c copy -f mpegts`);
    const source = decode(file, { ffmpeg });
    const { width, height } = await source.info();
    const arrivals = await all(source);
    expect(arrivals.length).toBe(10);
    for (const { data } of arrivals) expect(data.data.length).toBe(width * height * 3);
  });

  it.each([
    ['1', 0],
    ['4/3', 90],
    ['1/2', 270],
    ['11/7', 180],
  ] as const)('says what its pictures show: pixels of aspect %s, turned by %i degrees', async (aspect, degrees) => {
    const file = degrees === 0 ? square(aspect) : rotated(degrees, square(aspect));
    const whole = await first(file);
    expect(viewOf(whole)).toEqual(wholeView(whole.width, whole.height));
    const truth = middle(whole);
    for (const resize of [
      { width: 40, height: 32, fit: 'cover' },
      { width: 33, height: 47, fit: 'contain', centralFraction: 0.7 },
      { width: 300, height: 200, fit: 'cover', centralFraction: 0.9 },
      { width: 31, height: 37, fit: 'contain', resizeMethod: 'antialias' },
    ] as const) {
      const small = await first(file, resize);
      const view = viewOf(small);
      if (!view) throw new Error('no view');
      expect(view.source).toEqual({ width: whole.width, height: whole.height });
      expect(view.size).toEqual({ width: resize.width, height: resize.height });
      const [x, y] = middle(small);
      const seen = inSource(view, { x, y, width: 0, height: 0 });
      expect(Math.abs(seen.x - truth[0]), JSON.stringify(resize)).toBeLessThan(0.5);
      expect(Math.abs(seen.y - truth[1]), JSON.stringify(resize)).toBeLessThan(0.5);
    }
  });

  it(`boxes and masks are where they were, of any size, fit, turn and aspect (seed ${seed})`, async () => {
    await useEngine('cpu');
    const random = randomFrom(seed);
    const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
    const oneOf = <T>(...all: readonly T[]): T => all[between(0, all.length - 1)] as T;
    for (let round = 0; round < 6; round++) {
      const aspect = oneOf('1', '4/3', '1/2', '11/7', '2/1');
      // So that the square is in the middle that each fit leaves.
      const file = square(aspect, 2 * between(40, 70), 2 * between(40, 70));
      const degrees = oneOf(0, 90, 180, 270);
      const turned = degrees === 0 ? file : rotated(degrees, file);
      const whole = await first(turned);
      const resize: ResizeOptions = {
        ...{ width: between(40, 90), height: between(40, 90), fit: oneOf('cover', 'contain', 'fill') },
        resizeMethod: oneOf('area', 'antialias'),
      };
      const told = JSON.stringify({ round, aspect, degrees, size: [whole.width, whole.height], resize });
      const small = await first(turned, resize);
      const view = viewOf(small);
      if (!view) throw new Error('no view');
      const [trueX, trueY] = middle(whole);
      // Half a pixel of the coarser of both pictures.
      const isThere = (x: number, y: number) => {
        expect(Math.abs(x - trueX), told).toBeLessThanOrEqual(0.5 * Math.max(1, view.scaleX));
        expect(Math.abs(y - trueY), told).toBeLessThanOrEqual(0.5 * Math.max(1, view.scaleY));
      };
      const [x, y] = middle(small);
      const row = tf.tensor3d([x - 1, y - 1, x + 1, y + 1, 0.9, 0], [1, 1, 6]);
      const [box] = (await detection({ head: 'boxes' }).reader(['square']).read(row, view)).boxes;
      if (!box) throw new Error('no box');
      isThere(box.x + box.width / 2, box.y + box.height / 2);
      const light = small.data.filter((_, i) => i % 3 === 0);
      const map = tf.tensor4d(
        Float32Array.from(light, (level) => level / 255),
        [1, small.height, small.width, 1],
      );
      const result = await segmentation({ outputKind: 'mask' }).reader(['square']).read(map, view);
      const mask = maskOf(result, 'square');
      expect(mask.length, told).toBe(whole.width * whole.height);
      isThere(
        ...middle({
          ...whole,
          channels: 3,
          data: Uint8Array.from({ length: 3 * mask.length }, (_, i) => mask[Math.floor(i / 3)] ?? 0),
        }),
      );
      tf.dispose([row, map]);
    }
  });
});
