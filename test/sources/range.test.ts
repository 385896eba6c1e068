import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors/errors.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { DecodeOptions } from '../../src/sources/ffmpeg/decode-options.ts';
import { seeks } from '../../src/sources/ffmpeg/seek.ts';
import { all, ffmpegs, media } from '../support/media.ts';

const SIX_SECONDS = '-f lavfi -i testsrc2=s=64x48:r=10:d=6 -pix_fmt yuv420p';
const CLIPS: Record<string, () => string> = {
  'mp4 with B-frames, key frames far apart': () => media('far.mp4', `${SIX_SECONDS} -c:v libx264 -g 25 -bf 3`),
  'mp4 with open groups': () => media('open.mp4', `${SIX_SECONDS} -c:v libx264 -g 10 -bf 3 -x264-params open-gop=1`),
  webm: () => media('clip.webm', `${SIX_SECONDS} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 15`),
  'mp4 with an edit list': () => media('edit.mp4', `-ss 0.35 -i ${CLIPS['mp4 with open groups']?.() ?? ''} -c copy`),
  'Matroska from below zero': () =>
    media('below.mkv', `${SIX_SECONDS} -c:v libx264 -g 10 -output_ts_offset -0.5 -avoid_negative_ts disabled`),
  'Matroska from 100 s': () => media('late.mkv', `${SIX_SECONDS} -c:v libx264 -g 10 -output_ts_offset 100`),
  'MPEG-TS': () => media('clip.ts', `${SIX_SECONDS} -c:v libx264 -g 25 -f mpegts`),
  'MPEG-4 in AVI': () => media('clip.avi', `${SIX_SECONDS} -c:v mpeg4 -bf 2 -g 20`),
  GIF: () => media('clip.gif', SIX_SECONDS.replace(' -pix_fmt yuv420p', '')),
};

describe.each(ffmpegs)('start and end with ffmpeg $name', ({ file: ffmpeg }) => {
  const times = async (file: string, options: DecodeOptions = {}): Promise<number[]> =>
    (await all(decode(file, { ffmpeg, resize: { width: 8, height: 8 }, ...options }))).map(
      ({ timestamp }) => timestamp,
    );

  it.each(Object.keys(CLIPS))('cuts %s exactly: the pieces are the whole', async (name) => {
    const file = CLIPS[name]?.() ?? '';
    const whole = await all(decode(file, { ffmpeg, resize: { width: 8, height: 8 } }));
    expect(whole[0]?.timestamp).toBe(0);
    const cuts = [1.05, 2.7, 4.5];
    const pieces = [];
    for (const [index, start] of [undefined, ...cuts].entries()) {
      const end = cuts[index];
      const piece = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
      pieces.push(...(await all(decode(file, { ffmpeg, resize: { width: 8, height: 8 }, ...piece }))));
    }
    expect(pieces.map(({ timestamp }) => timestamp)).toEqual(whole.map(({ timestamp }) => timestamp));
    pieces.forEach(({ data }, index) => expect(data.data, `pixels of frame ${index}`).toEqual(whole[index]?.data.data));
  });

  it.each([2, 7, 16, 1000])('is the same with %d pictures in one go', async (readAhead) => {
    const file = CLIPS['mp4 with B-frames, key frames far apart']?.() ?? '';
    for (const piece of [{}, { start: 1.05, end: 2.7 }, { start: 5.85 }, { start: 2, end: 2.01 }]) {
      const options = { ffmpeg, resize: { width: 8, height: 8 }, ...piece };
      expect(await all(decode(file, { ...options, readAhead }))).toEqual(await all(decode(file, options)));
    }
  });

  it('includes a frame at start and excludes one at end', async () => {
    const file = CLIPS['webm']?.() ?? '';
    expect(await times(file, { start: 2, end: 2.3 })).toEqual([2_000_000, 2_100_000, 2_200_000]);
  });

  it('start 0 is the beginning', async () => {
    expect((await times(CLIPS['webm']?.() ?? '', { start: 0 })).length).toBe(60);
  });

  it('gives nothing, and no error, between two frames', async () => {
    expect(await times(CLIPS['webm']?.() ?? '', { start: 2.01, end: 2.05 })).toEqual([]);
  });

  it.each([6.4, 1000])('start %d s past the end is an error that tells the duration', async (start) => {
    const file = CLIPS['mp4 with open groups']?.() ?? '';
    await expect(times(file, { start })).rejects.toMatchObject({
      code: 'start-past-end',
      message: expect.stringContaining('6.000 s'),
    });
  });
});

// Values of another type than the compiler believes, as they come from JavaScript.
const textForNumber: number = JSON.parse('"3"');
const numberForText: string = JSON.parse('7');

describe('start and end as options', () => {
  it.each([
    { start: -1 },
    { start: NaN },
    { end: Infinity },
    { start: textForNumber },
    { start: 2, end: 2 },
    { start: 3, end: 1 },
    { end: -0.1 },
    { start: 0, end: 0 },
  ])('refuses %o', (options) => {
    expect(() => decode('a.mp4', options)).toThrow(OptionError);
  });

  it.each([
    { threads: 0 },
    { threads: 1.5 },
    { readAhead: 0 },
    { readAhead: 1025 },
    { readAhead: 2.5 },
    { ffmpeg: '' },
    { resize: { width: 0, height: 3 } },
  ])('refuses %o', (options) => {
    expect(() => decode('a.mp4', options)).toThrow(OptionError);
  });

  it.each([
    '',
    'a\0b',
    'rtsp://host/x',
    'concat://a',
    'data://x',
    numberForText,
    new URL('ftp://a/b'),
    'file://elsewhere/x%2Fy',
  ])('refuses the location %o', (where) => {
    expect(() => decode(where)).toThrow(OptionError);
  });

  it('jumps only in containers with an index, and always ends with the beginning', () => {
    const info = { container: 'matroska,webm', startSeconds: 0 };
    expect(seeks(info, 30)).toEqual([30, 20, undefined]);
    expect(seeks(info, 5)).toEqual([5, undefined]);
    expect(seeks({ ...info, startSeconds: 4 }, 5)).toEqual([1, undefined]);
    expect(seeks(info, 0)).toEqual([undefined]);
    expect(seeks({ ...info, container: 'mpegts' }, 30)).toEqual([undefined]);
    expect(seeks(info, undefined)).toEqual([undefined]);
  });
});
