import { describe, expect, it } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { all, ffmpegs, media, timesFromFirst } from '../support/media.ts';

const MOVING = '-f lavfi -i testsrc2=s=64x48:r=10:d=2';

/** Made one by one, in a function: a file that can't be made fails its own test only. */
const FORMATS: Record<string, () => string> = {
  'H.264 with B-frames in mp4': () => media('h264.mp4', `${MOVING} -pix_fmt yuv420p -c:v libx264 -g 10 -bf 3`),
  'H.264 4:4:4': () => media('h264-444.mp4', `${MOVING} -pix_fmt yuv444p -c:v libx264`),
  'HEVC 10-bit': () => media('hevc.mp4', `${MOVING} -pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=error`),
  'VP9 in webm': () => media('vp9.webm', `${MOVING} -c:v libvpx-vp9 -deadline realtime -cpu-used 8`),
  'VP8 in webm': () => media('vp8.webm', `${MOVING} -c:v libvpx -deadline realtime -cpu-used 8`),
  'AV1 in Matroska': () =>
    media(
      'av1.mkv',
      `-f lavfi -i testsrc2=s=64x48:r=10:d=0.4 -pix_fmt yuv420p -c:v libaom-av1 -cpu-used 8 -strict experimental`,
    ),
  'MJPEG in AVI': () => media('mjpeg.avi', `${MOVING} -pix_fmt yuvj420p -c:v mjpeg`),
  'MPEG-4 with B-frames in AVI': () => media('mpeg4.avi', `${MOVING} -c:v mpeg4 -bf 2`),
  'a GIF': () => media('animation.gif', MOVING),
  'a variable frame rate': () =>
    media(
      'vfr.mp4',
      `${MOVING} -vf select=not(between(n\\,4\\,9))*not(eq(n\\,13)) -vsync vfr -c:v libx264 -pix_fmt yuv420p`,
    ),
  'odd sizes': () => media('odd.mkv', '-f lavfi -i testsrc2=s=67x45:r=10:d=0.5 -pix_fmt yuv420p -c:v ffv1'),
  'one pixel': () => media('dot.mkv', '-f lavfi -i color=red:s=16x16:r=10:d=0.3 -vf format=rgb24,crop=1:1 -c:v png'),
  'an edit list that skips the beginning': () =>
    media(
      'edit.mp4',
      `-ss 0.35 -i ${media('h264.mp4', `${MOVING} -pix_fmt yuv420p -c:v libx264 -g 10 -bf 3`)} -c copy`,
    ),
  'times before zero': () =>
    media('negative.mkv', `${MOVING} -c:v ffv1 -output_ts_offset -0.25 -avoid_negative_ts disabled`),
  FLV: () => media('clip.flv', `${MOVING} -c:v flv1`),
  'a single frame': () => media('single.mp4', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.1 -pix_fmt yuv420p -c:v libx264'),
};

describe.each(ffmpegs)('decode with ffmpeg $name', ({ file: ffmpeg }) => {
  it.each(Object.keys(FORMATS))('gives every frame of %s at its own time', async (name) => {
    const file = FORMATS[name]?.() ?? '';
    const warnings: SourceWarning[] = [];
    const source = decode(file, { ffmpeg, onWarning: (warning) => warnings.push(warning) });
    const arrivals = await all(source);
    const times = arrivals.map(({ timestamp }) => timestamp);
    expect(times).toEqual(timesFromFirst(file));
    expect(times.length).toBeGreaterThan(0);
    const { width, height } = await source.info();
    for (const { data } of arrivals) {
      expect(data).toMatchObject({ width, height, channels: 3 });
      expect(data.data.length).toBe(width * height * 3);
    }
    expect(warnings.filter(({ code }) => code === 'damaged')).toEqual([]);
  });

  it('counts from the first frame, and tells the start of the container', async () => {
    // Not by ffprobe: the npm package's dies of MPEG-TS on some machines.
    const file = media('offset.ts', `${MOVING} -pix_fmt yuv420p -c:v libx264 -bf 0 -f mpegts`);
    const source = decode(file, { ffmpeg });
    const times = (await all(source)).map(({ timestamp }) => timestamp);
    expect(times).toEqual(Array.from({ length: 20 }, (_, k) => k * 100_000));
    expect((await source.info()).startSeconds).toBe(1.4);
  });
});
