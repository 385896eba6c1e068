import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lastValueFrom, map, toArray } from 'rxjs';
import { animationIn } from '../../src/sources/ffmpeg/animation.ts';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { bytesOf } from '../../src/sources/ffmpeg/read-bytes.ts';
import { images } from '../../src/sources/images.ts';
import { all, ffmpegs, media, rgbAt, writeWith } from '../support/media.ts';

const MOVING = '-f lavfi -i testsrc2=s=32x24:r=10:d=1';
const photo = (colour: string): string =>
  media(`${colour}.jpg`, `-f lavfi -i color=${colour}:s=32x24 -frames:v 1 -pix_fmt yuvj420p`);
const apng = (name = 'a.apng'): string => media(name, `${MOVING} -plays 0 -f apng`);
const webp = (): string => media('moving.webp', `${MOVING} -c:v libwebp_anim -loop 0`);
const joined = (name: string): string =>
  writeWith(name, Buffer.concat([readFileSync(photo('red')), readFileSync(photo('blue'))]));

/** As of a file with these bytes. */
const animationOf = (bytes: Buffer) => animationIn(bytes.subarray(0, 64), bytesOf(bytes));

describe.each(ffmpegs)('pictures of several, with ffmpeg $name', ({ file: ffmpeg }) => {
  async function read(file: string) {
    const warnings: SourceWarning[] = [];
    const onWarning = (warning: SourceWarning): void => void (warning.code !== 'old-ffmpeg' && warnings.push(warning));
    const source = decode(file, { ffmpeg, onWarning });
    const frames = await all(source);
    return { times: frames.map(({ timestamp }) => timestamp), frames, warnings, info: await source.info() };
  }

  it.each(['two.jpg', 'two.jpeg', 'two.mpo', 'two.JPG', 'two', 'two.png'])(
    'a JPEG with a second one behind it, as %s, is one frame',
    async (name) => {
      const { times, frames, warnings, info } = await read(joined(name));
      expect(times).toEqual([0]);
      expect(warnings).toEqual([]);
      expect(info.still).toBe(true);
      const [r = 0, , b = 255] = frames[0] ? rgbAt(frames[0].data, 5, 5) : [];
      expect(r).toBeGreaterThan(200);
      expect(b).toBeLessThan(50);
    },
  );

  it('a damaged second picture does not matter', async () => {
    const file = writeWith(
      'cut.jpg',
      Buffer.concat([readFileSync(photo('red')), readFileSync(photo('blue')).subarray(0, 300)]),
    );
    expect(await read(file)).toMatchObject({ times: [0], warnings: [] });
  });

  it('a damaged first picture is told', async () => {
    const bytes = readFileSync(media('busy.jpg', '-f lavfi -i testsrc2=s=320x240 -frames:v 1 -pix_fmt yuvj420p'));
    const { times, warnings } = await read(writeWith('half.jpg', bytes.subarray(0, bytes.length / 2)));
    expect(times).toEqual([0]);
    expect(warnings).toMatchObject([{ code: 'damaged' }]);
  });

  it.each(['a.mjpeg', 'a.mjpg'])('%s is a video', async (name) => {
    const { times, info } = await read(media(name, `${MOVING} -c:v mjpeg -pix_fmt yuvj420p -f mjpeg`));
    expect(times.length).toBe(10);
    expect(info.still).toBe(false);
  });

  it.each(['a.apng', 'a.png'])('an APNG as %s has all its frames', async (name) => {
    const { times, info, warnings } = await read(apng(name));
    expect(times).toEqual(Array.from({ length: 10 }, (_, i) => i * 100_000));
    expect(info.still).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('images takes the first picture of each', async () => {
    const files = [joined('two.jpg'), apng('a.png')];
    const frames = images(files, { ffmpeg }).pipe(
      map(({ label: { source } }) => source),
      toArray(),
    );
    expect(await lastValueFrom(frames)).toEqual(files);
  });

  it('an animated WebP has all its frames, or an error says that this ffmpeg cannot decode it', async () => {
    const result = await read(webp()).catch((error: unknown) => error);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'codec' });
      expect(result.message).toContain(`${webp()}: an animated WebP, which this ffmpeg (`);
    } else {
      expect(result).toMatchObject({ times: { length: 10 } });
    }
  });
});

describe('animationIn', () => {
  it('tells animations from stills', async () => {
    expect(await animationOf(readFileSync(apng()))).toBe('APNG');
    expect(await animationOf(readFileSync(webp()))).toBe('animated WebP');
    expect(await animationOf(readFileSync(media('still.png', `${MOVING} -frames:v 1`)))).toBeUndefined();
    expect(await animationOf(readFileSync(media('still.webp', `${MOVING} -frames:v 1 -c:v libwebp`)))).toBeUndefined();
    expect(await animationOf(readFileSync(photo('red')))).toBeUndefined();
  });

  it('an APNG of one frame is a still', async () => {
    const bytes = Buffer.from(readFileSync(apng()));
    bytes.writeUInt32BE(1, bytes.indexOf('acTL') + 4);
    expect(await animationOf(bytes)).toBeUndefined();
  });

  it('takes files that are cut anywhere, and chunks of any length', async () => {
    const bytes = Buffer.from(readFileSync(apng()));
    for (let length = 0; length < 60; length++) {
      expect([undefined, 'APNG']).toContain(await animationOf(bytes.subarray(0, length)));
    }
    bytes.writeUInt32BE(0xffff_ffff, 8);
    expect(await animationOf(bytes)).toBeUndefined();
    // Chunks without end.
    const endless = Buffer.alloc(1 << 20);
    bytes.copy(endless, 0, 0, 8);
    expect(await animationOf(endless)).toBeUndefined();
  });
});
