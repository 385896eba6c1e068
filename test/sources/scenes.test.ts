import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors/errors.ts';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import type { DecodeOptions } from '../../src/sources/ffmpeg/decode-options.ts';
import { videoFile } from '../../src/sources/video-file.ts';
import { CutServer } from '../support/cut-server.ts';
import { all, ffmpegs, media, writeWith } from '../support/media.ts';

const H264 = '-pix_fmt yuv420p -c:v libx264 -preset ultrafast';

/** A clip of these pictures one after another, each so many frames long, at 20 frames a second. */
function joined(name: string, shots: readonly (readonly [string, number])[], how: string = H264): string {
  const inputs = shots.map(([source]) => `-f lavfi -i ${source}${source.includes('=') ? ':' : '='}s=96x64:r=20`);
  const parts = shots.map(([, frames], i) => `[${i}]trim=end_frame=${frames},setsar=1,format=yuv420p[v${i}]`);
  const graph = `${parts.join(';')};${shots.map((_, i) => `[v${i}]`).join('')}concat=n=${shots.length}`;
  return media(name, `${inputs.join(' ')} -filter_complex ${graph} ${how}`);
}

const THREE = [
  ['testsrc2', 30],
  ['mandelbrot', 25],
  ['smptebars', 20],
] as const;
const three = () => joined('three.mp4', THREE);
/** Cuts at 1.5 and 2.75 s. */
const STARTS = [0, 1.5e6, 2.75e6];

const CLIPS: Record<string, { file: () => string; starts: readonly number[] }> = {
  'three shots, H.264 with B-frames': { file: three, starts: STARTS },
  'three shots, MPEG-TS': { file: () => joined('three.ts', THREE, `${H264} -f mpegts`), starts: STARTS },
  'three shots, VP9': {
    file: () => joined('three.webm', THREE, '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M'),
    starts: STARTS,
  },
  'three shots, MJPEG with full range': { file: () => joined('three.mov', THREE, '-c:v mjpeg -q:v 3'), starts: STARTS },
  'three shots, 10 bits': {
    file: () => joined('deep.mkv', THREE, '-pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=none'),
    starts: STARTS,
  },
  'three shots, two fields a frame': {
    file: () => joined('fields.mkv', THREE, '-c:v mpeg2video -g 12 -q:v 3 -flags +ildct+ilme -top 1'),
    starts: STARTS,
  },
  'no cut': { file: () => joined('none.mp4', [['testsrc2', 40]]), starts: [0] },
  'one frame': { file: () => joined('single.mp4', [['testsrc2', 1]]), starts: [0] },
  'a flash of two frames': {
    file: () =>
      joined('flash.mp4', [
        ['color=gray', 20],
        ['color=white', 2],
        ['color=gray', 20],
      ]),
    starts: [0],
  },
  'a flash between two shots, which belongs to the one before': {
    file: () =>
      joined('flash-cut.mp4', [
        ['color=gray', 20],
        ['color=white', 2],
        ['color=black', 20],
      ]),
    starts: [0, 1.1e6],
  },
  'a fade to black and back': {
    file: () => media('fade.mp4', `-f lavfi -i testsrc2=s=96x64:r=20:d=4 -vf fade=out:20:20,fade=in:40:20 ${H264}`),
    starts: [0],
  },
  'a cut before the last frame': {
    file: () =>
      joined('late.mp4', [
        ['color=gray', 20],
        ['color=white', 1],
      ]),
    starts: [0, 1e6],
  },
  'a cut too soon after the beginning': {
    file: () =>
      joined('soon.mp4', [
        ['color=gray', 4],
        ['color=white', 20],
      ]),
    starts: [0],
  },
  'every frame a cut, two a second': {
    file: () =>
      media(
        'slides.mp4',
        `-f lavfi -i color=black:s=96x64:r=2:d=3 -vf geq=lum=16+200*eq(N\\,1)+80*eq(N\\,2)+164*eq(N\\,3)+20*eq(N\\,4)+219*eq(N\\,5):cb=128:cr=128 ${H264} -g 1`,
      ),
    starts: [0, 0.5e6, 1e6, 1.5e6, 2e6, 2.5e6],
  },
};

const small = { resize: { width: 16, height: 16 } };

describe.each(ffmpegs)('scenes with ffmpeg $name', ({ file: ffmpeg }) => {
  const frames = (file: string, options: DecodeOptions = {}) =>
    all(decode(file, { ...small, ffmpeg, sample: 'scenes', ...options }));
  const times = async (file: string, options: DecodeOptions = {}) =>
    (await frames(file, options)).map(({ timestamp }) => timestamp);

  it.each(Object.entries(CLIPS))('begin where the picture was cut: %s', async (_, { file, starts }) => {
    const found = await frames(file());
    expect(found.map(({ timestamp }) => timestamp)).toEqual(starts);
    const whole = new Map(
      (await all(decode(file(), { ...small, ffmpeg }))).map(({ timestamp, data }) => [timestamp, data.data]),
    );
    for (const { timestamp, data } of found) expect(data.data, `at ${timestamp}`).toEqual(whole.get(timestamp));
  });

  it('have several frames, evenly from the first one on', async () => {
    for (const framesPerScene of [2, 5]) {
      const found = await times(three(), { framesPerScene });
      const even = STARTS.flatMap((start, shot) => {
        const spacing = ((STARTS[shot + 1] ?? 3.75e6) - start) / framesPerScene;
        return Array.from({ length: framesPerScene }, (_, i) => ({ at: start + i * spacing, spacing }));
      });
      expect(found.length).toBe(even.length);
      for (const [i, { at, spacing }] of even.entries())
        expect(Math.abs((found[i] ?? NaN) - at)).toBeLessThan(spacing / 4);
    }
    expect(await times(CLIPS['one frame']?.file() ?? '', { framesPerScene: 16 })).toEqual([0]);
    expect((await times(CLIPS['a cut before the last frame']?.file() ?? '', { framesPerScene: 16 })).slice(-1)).toEqual(
      [1e6],
    );
  });

  it('are taken from start to end, with the times of the whole video', async () => {
    for (const file of [three(), joined('three.ts', THREE, `${H264} -f mpegts`)]) {
      expect(await times(file, { start: 1, end: 2.5 })).toEqual([1e6, 1.5e6]);
      expect(await times(file, { start: 2 })).toEqual([2e6, 2.75e6]);
    }
    await expect(times(three(), { start: 3.75 })).rejects.toMatchObject({ code: 'start-past-end' });
  });

  it('depend on the threshold', async () => {
    const dim = joined('dim.mp4', [
      ['color=0x404040', 20],
      ['color=0x606060', 20],
    ]);
    // 32 of 256 levels are 12.5 %.
    expect(await times(dim)).toEqual([0, 1e6]);
    expect(await times(dim, { sceneThreshold: 12 })).toEqual([0, 1e6]);
    expect(await times(dim, { sceneThreshold: 14 })).toEqual([0]);
    expect(await times(three(), { sceneThreshold: 100 })).toEqual([0]);
  });

  it('are refused of a picture and of a live stream, and come of a file from a server', async () => {
    const picture = media('one.png', '-f lavfi -i testsrc2=s=64x48 -frames:v 1');
    await expect(frames(picture)).rejects.toMatchObject({
      code: 'not-allowed',
      message: `${picture}: a picture, and only videos have scenes: leave out --sample (the option sample)`,
    });
    const camera = media('camera.mpjpeg', '-f lavfi -i testsrc2=s=160x120:r=10:d=4 -c:v mjpeg -f mpjpeg');
    const live = new CutServer(readFileSync(camera), 'chunks', 'multipart/x-mixed-replace; boundary=ffmpeg');
    const server = new CutServer(readFileSync(joined('fast.mp4', THREE, `${H264} -movflags +faststart`)), 'length');
    try {
      await expect(frames(await live.listen('camera.mpjpeg'))).rejects.toMatchObject({ code: 'not-allowed' });
      expect(await times(await server.listen('three.mp4'))).toEqual(STARTS);
    } finally {
      await Promise.all([live.close(), server.close()]);
    }
  });

  it('end when nobody wants more', async () => {
    const decoded = decode(three(), { ...small, ffmpeg, sample: 'scenes' })[Symbol.asyncIterator]();
    const pending = [decoded.next(), decoded.next()];
    await decoded.return();
    expect((await Promise.all(pending)).every(({ done }) => done)).toBe(true);
    expect(await decoded.next()).toEqual({ done: true, value: undefined });
  });
});

/** The times (µs) at which ffmpeg's own scdet finds changes; undefined of an ffmpeg without it. */
function scdet(ffmpeg: string, file: string): number[] | undefined {
  const filters = 'scale=160:90:flags=area+accurate_rnd+bitexact:out_range=pc,format=gray,scdet=t=10';
  const told = spawnSync(ffmpeg, ['-hide_banner', '-nostdin', '-i', file, '-vf', filters, '-f', 'null', '-'], {
    encoding: 'utf8',
  }).stderr;
  if (told.includes('No such filter')) return undefined;
  return [...told.matchAll(/lavfi\.scd\.time: (\S+)/g)].map(([, time]) => Math.round(Number(time) * 1e6));
}

describe("ffmpeg's scdet", () => {
  it.each(ffmpegs.filter(({ file }) => scdet(file, three())))(
    'finds the same cuts: $name',
    async ({ file: ffmpeg }) => {
      for (const name of ['three shots, H.264 with B-frames', 'no cut', 'every frame a cut, two a second']) {
        const { file, starts } = CLIPS[name] ?? { file: three, starts: STARTS };
        expect(scdet(ffmpeg, file()), name).toEqual(starts.slice(1));
      }
      // It takes a flash for a cut.
      expect(scdet(ffmpeg, CLIPS['a flash of two frames']?.file() ?? '')?.length).toBeGreaterThan(0);
    },
  );
});

describe('the option sample: scenes', () => {
  it('numbers the frames that come, and keeps their times', async () => {
    const frames = await lastValueFrom(videoFile(three(), { sample: 'scenes' }).pipe(toArray()));
    expect(frames.map(({ label: { seq, timestamp } }) => [seq, timestamp])).toEqual(STARTS.map((time, i) => [i, time]));
  });

  it('fails for a file without video, as without it', async () => {
    const sound = media('sound.m4a', '-f lavfi -i sine=d=1 -c:a aac');
    for (const file of [sound, writeWith('clip.mp4', 'no video')]) {
      const code = file === sound ? 'no-video-stream' : 'not-a-video';
      await expect(lastValueFrom(videoFile(file, { sample: 'scenes' }))).rejects.toMatchObject({ code });
    }
  });

  it.each<[object, string]>([
    [{ sample: 'cuts' }, 'sample must be keyframes or scenes, not "cuts"'],
    [{ sample: 'scenes', fps: 1 }, "fps goes with sample: 'keyframes'"],
    [{ sceneThreshold: 10 }, "sceneThreshold goes with sample: 'scenes'"],
    [{ sample: 'keyframes', framesPerScene: 1 }, "framesPerScene goes with sample: 'scenes'"],
    [{ sample: 'scenes', sceneThreshold: 0 }, 'sceneThreshold must be a number over 0 and at most 100, not 0'],
    [{ sample: 'scenes', sceneThreshold: 100.5 }, 'sceneThreshold must be a number over 0 and at most 100, not 100.5'],
    [{ sample: 'scenes', sceneThreshold: NaN }, 'sceneThreshold must be a number over 0 and at most 100, not NaN'],
    [{ sample: 'scenes', sceneThreshold: '10' }, 'sceneThreshold must be a number over 0 and at most 100, not "10"'],
    [{ sample: 'scenes', framesPerScene: 0 }, 'framesPerScene must be a whole number from 1 to 16, not 0'],
    [{ sample: 'scenes', framesPerScene: 17 }, 'framesPerScene must be a whole number from 1 to 16, not 17'],
    [{ sample: 'scenes', framesPerScene: 1.5 }, 'framesPerScene must be a whole number from 1 to 16, not 1.5'],
    [{ sample: 'scenes', policy: 'latest' }, 'sample is for files that are read to their end'],
  ])('refuses %o', (options, message) => {
    expect(() => videoFile('clip.mp4', options)).toThrow(OptionError);
    expect(() => videoFile('clip.mp4', options)).toThrow(message);
  });
});
