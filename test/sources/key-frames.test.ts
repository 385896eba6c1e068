import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors/errors.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { DecodeOptions, SourceWarning } from '../../src/sources/ffmpeg/decode-options.ts';
import { canSkipFrames } from '../../src/sources/ffmpeg/key-frames.ts';
import { videoFile } from '../../src/sources/video-file.ts';
import { CutServer } from '../support/cut-server.ts';
import { all, ffmpegs, media, writeWith } from '../support/media.ts';

const SIX_SECONDS = '-f lavfi -i testsrc2=s=64x48:r=10:d=6 -pix_fmt yuv420p';
const OPEN = '-c:v libx264 -g 10 -bf 3 -x264-params open-gop=1';
const CLIPS: Record<string, () => string> = {
  'mp4 with B-frames, key frames far apart': () => media('far.mp4', `${SIX_SECONDS} -c:v libx264 -g 25 -bf 3`),
  'mp4 with open groups': () => media('open.mp4', `${SIX_SECONDS} ${OPEN}`),
  'only the first is a key frame': () => media('one.mp4', `${SIX_SECONDS} -c:v libx264 -g 1000`),
  'every frame is a key frame (MJPEG)': () => media('mjpeg.mov', `${SIX_SECONDS} -c:v mjpeg`),
  'an edit list that begins between key frames': () =>
    media('edit.mp4', `-ss 0.35 -i ${CLIPS['mp4 with open groups']?.() ?? ''} -c copy`),
  'a variable frame rate': () =>
    media('vfr.mkv', `${SIX_SECONDS} -vf select=not(eq(mod(n\\,7)\\,3)) -vsync vfr -c:v libx264 -bf 2 -g 9`),
  'VP9 in WebM': () => media('clip.webm', `${SIX_SECONDS} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 15`),
  HEVC: () => media('hevc.mkv', `${SIX_SECONDS} -c:v libx265 -x265-params keyint=12:log-level=none`),
  'MPEG-TS': () => media('clip.ts', `${SIX_SECONDS} -c:v libx264 -g 25 -f mpegts`),
  'MPEG-TS with groups of 20 s': () =>
    media('sparse.ts', '-f lavfi -i testsrc2=s=64x48:r=10:d=45 -pix_fmt yuv420p -c:v libx264 -g 200 -f mpegts'),
  'MPEG-4 in AVI': () => media('clip.avi', `${SIX_SECONDS} -c:v mpeg4 -bf 2 -g 20`),
  'two fields a frame': () => media('fields.mkv', `${SIX_SECONDS} -c:v mpeg2video -g 12 -flags +ildct+ilme -top 1`),
  GIF: () => media('clip.gif', SIX_SECONDS.replace(' -pix_fmt yuv420p', '')),
};
const clip = (name: keyof typeof CLIPS): string => CLIPS[name]?.() ?? '';
const far = () => clip('mp4 with B-frames, key frames far apart');

/** The timestamps (µs after the first frame) of the key frames, as ffmpeg tells them while it decodes all frames. */
function trueKeys(ffmpeg: string, file: string): number[] {
  const args = ['-copyts', '-i', file, '-an', '-vf', 'showinfo', '-vsync', 'passthrough', '-f', 'null', '-'];
  const told = spawnSync(ffmpeg, ['-hide_banner', '-nostdin', ...args], { encoding: 'utf8' }).stderr;
  const frames = [...told.matchAll(/ pts_time:(\S+).* iskey:(\d)/g)].map(
    ([, time, key]) => [Number(time), key] as const,
  );
  const first = frames[0]?.[0] ?? NaN;
  return frames.flatMap(([time, key]) => (key === '1' ? [Math.round((time - first) * 1e6)] : []));
}

describe.each(ffmpegs)('key frames with ffmpeg $name', ({ file: ffmpeg }) => {
  const small = { ffmpeg, resize: { width: 16, height: 16 } };
  const keys = (file: string, options: DecodeOptions = {}) =>
    all(decode(file, { ...small, sample: 'keyframes', ...options }));

  it.each(Object.keys(CLIPS))('are those of the whole video, with its times and pixels: %s', async (name) => {
    const file = clip(name);
    const found = await keys(file);
    expect(found.map(({ timestamp }) => timestamp)).toEqual(trueKeys(ffmpeg, file));
    const whole = new Map((await all(decode(file, small))).map(({ timestamp, data }) => [timestamp, data.data]));
    for (const { timestamp, data } of found) expect(data.data, `at ${timestamp}`).toEqual(whole.get(timestamp));
  });

  it.each([clip('mp4 with open groups'), clip('MPEG-TS')])('begin and end where they are told to: %s', async (file) => {
    const all = (await keys(file)).map(({ timestamp }) => timestamp);
    const some = await keys(file, { start: 1.5, end: 5 });
    expect(some.map(({ timestamp }) => timestamp)).toEqual(all.filter((time) => time >= 1.5e6 && time < 5e6));
    expect(some.length).toBeGreaterThan(0);
  });

  it('give nothing between two of them, and an error after the last', async () => {
    expect(await keys(far(), { start: 0.1, end: 0.5 })).toEqual([]);
    await expect(keys(far(), { start: 5.5 })).rejects.toMatchObject({
      code: 'start-past-end',
      message: `${far()}: no key frame at or after 5.5 s: the video ends at 6.000 s`,
    });
  });

  it('nearest to ticks come once, and a warning says how far off they are', async () => {
    const warnings: SourceWarning[] = [];
    const onWarning = (warning: SourceWarning): void => void (warning.code !== 'old-ffmpeg' && warnings.push(warning));
    // Key frames at 0, 2.5 and 5 s.
    const found = await keys(far(), { fps: 1, onWarning });
    expect(found.map(({ timestamp }) => timestamp)).toEqual([0, 2.5e6, 5e6]);
    const message = `${far()}: 3 key frames for 6 ticks, 0.5 s off in the median and 1 s at most`;
    expect(warnings).toEqual([{ source: far(), code: 'ticks', message, count: 6 }]);
    expect((await keys(far(), { fps: 0.2 })).map(({ timestamp }) => timestamp)).toEqual([0, 5e6]);
    expect((await keys(far(), { fps: 0.4, start: 2 })).map(({ timestamp }) => timestamp)).toEqual([2.5e6, 5e6]);
    expect(await keys(far(), { fps: 1, start: 0.1, end: 0.5 })).toEqual([]);
  });

  it('are refused of a picture', async () => {
    const picture = media('one.png', '-f lavfi -i testsrc2=s=64x48 -frames:v 1');
    await expect(keys(picture)).rejects.toMatchObject({
      code: 'not-allowed',
      message: `${picture}: a picture, and only videos have key frames: leave out --sample (the option sample)`,
    });
  });

  it('are refused of a live stream, and come of a file from a server', async () => {
    const camera = media('camera.mpjpeg', '-f lavfi -i testsrc2=s=160x120:r=10:d=4 -c:v mjpeg -f mpjpeg');
    const streamed = media('far.mp4', `${SIX_SECONDS} -c:v libx264 -g 25 -bf 3 -movflags +faststart`);
    const live = new CutServer(readFileSync(camera), 'chunks', 'multipart/x-mixed-replace; boundary=ffmpeg');
    const server = new CutServer(readFileSync(streamed), 'length');
    try {
      await expect(keys(await live.listen('camera.mpjpeg'))).rejects.toMatchObject({ code: 'not-allowed' });
      expect((await keys(await server.listen('far.mp4'))).map(({ timestamp }) => timestamp)).toEqual([0, 2.5e6, 5e6]);
    } finally {
      await Promise.all([live.close(), server.close()]);
    }
  });

  it('end when nobody wants more', async () => {
    const frames = decode(far(), { ...small, sample: 'keyframes', fps: 1 })[Symbol.asyncIterator]();
    const pending = [frames.next(), frames.next()];
    await frames.return();
    expect((await Promise.all(pending)).every(({ done }) => done)).toBe(true);
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });
});

describe('the option sample', () => {
  it('numbers the frames that come, and keeps their times', async () => {
    const frames = await lastValueFrom(videoFile(far(), { sample: 'keyframes', fps: 0.2 }).pipe(toArray()));
    expect(frames.map(({ label: { seq, timestamp } }) => [seq, timestamp])).toEqual([
      [0, 0],
      [1, 5e6],
    ]);
  });

  it('fails for a file without video, as without it', async () => {
    const text = writeWith('clip.mp4', 'no video');
    await expect(lastValueFrom(videoFile(text, { sample: 'keyframes' }))).rejects.toMatchObject({
      code: 'not-a-video',
    });
  });

  it.each<[object, string]>([
    [{ sample: 'cuts' }, 'sample must be keyframes or scenes, not "cuts"'],
    [{ sample: true }, 'sample must be keyframes or scenes, not true'],
    [{ fps: 1 }, "fps goes with sample: 'keyframes'; of all frames, sampleFrames({ fps }) takes some"],
    [{ sample: 'keyframes', fps: 0 }, 'fps must be a number over 0, not 0'],
    [{ sample: 'keyframes', fps: NaN }, 'fps must be a number over 0, not NaN'],
    [{ sample: 'keyframes', fps: '1' }, 'fps must be a number over 0, not "1"'],
    [{ sample: 'keyframes', policy: 'latest' }, 'sample is for files that are read to their end'],
    [{ sample: 'keyframes', policy: 'dropNewest' }, 'sample is for files that are read to their end'],
  ])('refuses %o', (options, message) => {
    expect(() => videoFile('clip.mp4', options)).toThrow(OptionError);
    expect(() => videoFile('clip.mp4', options)).toThrow(message);
  });

  it('skips frames only where each key frame has a time of its own', () => {
    const skipped = ['mov,mp4,m4a,3gp,3g2,mj2', 'matroska,webm', 'mpegts'].map((container) => ({ container }));
    expect(skipped.every(({ container }) => canSkipFrames({ container, interlaced: false }))).toBe(true);
    expect(canSkipFrames({ container: 'mpegts', interlaced: true })).toBe(false);
    for (const container of ['avi', 'mpeg', 'h264', 'movie'])
      expect(canSkipFrames({ container, interlaced: false })).toBe(false);
  });
});
