import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { lastValueFrom, map, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { FrameLabel } from '../../src/errors/frame-label.ts';
import { OptionError } from '../../src/errors/errors.ts';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { images, type ImagesOptions } from '../../src/sources/images.ts';
import { ffmpegs, fileFrom, media, rgbAt, writeWith } from '../support/media.ts';

const still = (name: string, colour: string, ...args: string[]): string =>
  fileFrom(name, ['-f', 'lavfi', '-i', `color=${colour}:s=40x30`, '-frames:v', '1', ...args]);
const red = (): string => still('red.png', 'red');
const blue = (): string => still('blue.jpg', 'blue', '-q:v', '2', '-pix_fmt', 'yuvj444p');
const green = (): string => still('green.webp', '0x00FF00', '-lossless', '1');
const animation = (): string => media('animation.gif', '-f lavfi -i testsrc2=s=40x30:r=10:d=3');

const near = (rgb: number[] | undefined, expected: number[]): boolean =>
  expected.every((value, channel) => Math.abs(value - (rgb?.[channel] ?? -99)) <= 3);

describe.each(ffmpegs)('images with ffmpeg $name', ({ file: ffmpeg }) => {
  async function read(
    paths: (string | URL)[],
    options: ImagesOptions = {},
  ): Promise<{ label: FrameLabel; size: string; rgb: number[] }[]> {
    const frames = images(paths, { ffmpeg, ...options }).pipe(
      map(({ label, data }) => ({ label, size: `${data.width}x${data.height}`, rgb: rgbAt(data, 5, 5) })),
      toArray(),
    );
    return lastValueFrom(frames);
  }

  it('gives one frame per picture, in order, named by its path', async () => {
    const paths = [red(), blue(), animation(), green()];
    const frames = await read(paths);
    expect(frames.map(({ label }) => label)).toEqual(
      paths.map((source, seq) => ({ source, seq, timestamp: seq * 1e6 })),
    );
    expect(frames.map(({ size }) => size)).toEqual(['40x30', '40x30', '40x30', '40x30']);
    expect(near(frames[0]?.rgb, [255, 0, 0])).toBe(true);
    expect(near(frames[1]?.rgb, [0, 0, 255])).toBe(true);
    expect(near(frames[3]?.rgb, [0, 255, 0])).toBe(true);
  });

  it('resizes, takes file URLs, and the same picture twice', async () => {
    const frames = await read([pathToFileURL(red()), red()], { resize: { width: 16, height: 16 } });
    expect(frames.map(({ size }) => size)).toEqual(['16x16', '16x16']);
    expect(frames[0]?.label).toMatchObject({ source: pathToFileURL(red()).href });
  });

  it('reads a name with a pattern in it as that one file', async () => {
    const name = writeWith('shot-%03d [a-b]*{x,y}?.jpg', readFileSync(blue()));
    expect((await read([name]))[0]?.label).toMatchObject({ source: name });
    await expect(read([name.replace('%03d', '001')])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('of no picture at all is empty', async () => {
    expect(await read([])).toEqual([]);
  });

  it('stops at one that cannot be read', async () => {
    await expect(read([red(), '/nowhere.png', blue()])).rejects.toMatchObject({ code: 'not-found' });
  });

  it('skips it when told to, with a warning; times tell the place in the list', async () => {
    const warnings: SourceWarning[] = [];
    const bad = writeWith('bad.png', 'no picture');
    const onWarning = (warning: SourceWarning): void => void (warning.code !== 'old-ffmpeg' && warnings.push(warning));
    const frames = await read([red(), '/nowhere.png', bad, blue()], { onError: 'skip', onWarning });
    expect(frames.map(({ label }) => label.timestamp)).toEqual([0, 3e6]);
    expect(warnings.map(({ source, code }) => [source, code])).toEqual([
      ['/nowhere.png', 'skipped'],
      [bad, 'skipped'],
    ]);
  });

  it('warns of a picture that is cut off, and shows what there is', async () => {
    const photo = readFileSync(media('noise.jpg', '-f lavfi -i testsrc2=s=320x240 -frames:v 1 -q:v 2'));
    const file = writeWith('cut.jpg', photo.subarray(0, Math.round(photo.length / 2)));
    const warnings: SourceWarning[] = [];
    const frames = await read([file], { onWarning: (warning) => warnings.push(warning) });
    expect(frames.map(({ size }) => size)).toEqual(['320x240']);
    expect(warnings.filter(({ code }) => code === 'damaged').map(({ source }) => source)).toEqual([file]);
  });

  it('can be left half-way and read again', async () => {
    const source = images([red(), blue(), green()], { ffmpeg });
    expect((await lastValueFrom(source.pipe(take(1), toArray()))).length).toBe(1);
    expect((await lastValueFrom(source.pipe(toArray()))).length).toBe(3);
  });
});

describe('images', () => {
  it('refuses what is no list of paths', () => {
    expect(() => images('a.png')).toThrow(OptionError);
    expect(() => images(['a.png', ''])).toThrow(OptionError);
    expect(() => images(['ftp://host/a.png'])).toThrow(OptionError);
    expect(() => images(['a.png'], { resize: { width: -1, height: 1 } })).toThrow(OptionError);
  });
});
