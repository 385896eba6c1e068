import { execFileSync } from 'node:child_process';
import { lastValueFrom, type MonoTypeOperatorFunction } from 'rxjs';
import { infer, sampleFrames, useEngine, type Frame, type Pixels } from 'sluice';
import { videoFile, type VideoFileOptions } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { compare, type Contender, type Result } from './compare.ts';
import { cpuTimeOf } from './cpu-time.ts';
import { serialKeyFrames } from './serial.ts';

/** The sample enlarged to 1080p, over and over: 20 frames/s, a key frame each `group` frames. */
function longFullHd(name: string, group: number, duration = 90): Promise<string> {
  return cachedFile(name, async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    const source = ['-stream_loop', '-1', '-i', 'samples/cockatoo.mp4', '-t', String(duration), '-r', '20'];
    const groups = ['-g', String(group), '-keyint_min', String(group), '-sc_threshold', '0'];
    const encode = ['-an', '-c:v', 'libx264', '-preset', 'veryfast', ...groups, '-pix_fmt', 'yuv420p'];
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-vf', 'scale=1920:1080', ...encode, file]);
  });
}

/** A frame a second, by decoding all frames and by key frames; decoded only, and labelled. Times are of the whole clip. */
export async function sampling(rounds: number): Promise<readonly (readonly [string, readonly Result[]])[]> {
  const file = await longFullHd('bench-1080p-90s.mp4', 41);
  const { path: ffmpeg, passthrough } = await locateFfmpeg();
  const model = await mobilenetV1();
  await useEngine('onnxruntime');
  const { width, height } = model.preprocess;
  const frames = (options: VideoFileOptions) => videoFile(file, { resize: model.preprocess, ...options });
  const each = sampleFrames<Pixels>({ fps: 1 });
  const all: MonoTypeOperatorFunction<Frame<Pixels>> = (source) => source;
  const contender = (name: string, run: () => Promise<unknown>): Contender => ({
    name,
    frames: 1,
    async run() {
      await run();
    },
  });
  const ways: readonly [string, VideoFileOptions, MonoTypeOperatorFunction<Frame<Pixels>>][] = [
    ['fps 1, all frames decoded', {}, each],
    ['sample: keyframes', { sample: 'keyframes' }, all],
    ['sample: keyframes, fps: 1', { sample: 'keyframes', fps: 1 }, all],
  ];
  const scaled = ['-vf', `scale=${width}:${height}:flags=area,format=rgb24`, passthrough, 'passthrough'];
  const plain = contender('ffmpeg -skip_frame nokey', async () => {
    const args = ['-v', 'error', '-skip_frame', 'nokey', '-i', file, ...scaled, '-f', 'rawvideo', 'pipe:1'];
    execFileSync(ffmpeg, args, { maxBuffer: 1e9 });
  });
  const decoded = ways.map(([name, options, sampled]) =>
    contender(name, () => lastValueFrom(frames(options).pipe(sampled))),
  );
  const labelled = ways.map(([name, options, sampled]) =>
    contender(name, () => lastValueFrom(frames(options).pipe(sampled, infer(model, { top: 1 })))),
  );
  return [
    ['1080p, 90 s, 44 key frames: decoded', await compare([plain, ...decoded], 1, rounds, { unit: 'video' })],
    [
      '1080p, 90 s, 44 key frames: labelled by MobileNet v1 on onnxruntime',
      await compare([await serialKeyFrames(file), ...labelled], 1, rounds, { unit: 'video' }),
    ],
  ];
}

/** What `batch` leaves out, beside `classify`, which decodes all: CPU time of the whole commands. `npm run build` first. */
export async function sampledBatches(rounds: number): Promise<readonly (readonly [string, readonly Result[]])[]> {
  const part = await longFullHd('bench-1080p-10s-groups.mp4', 200, 120);
  const seldom = await cachedFile('bench-1080p-10min.mp4', async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    execFileSync(ffmpeg, ['-v', 'error', '-y', '-stream_loop', '4', '-i', part, '-c', 'copy', file]);
  });
  const often = await longFullHd('bench-1080p-short-groups.mp4', 19);
  const contender = (command: string, file: string, fps: string): Contender => ({
    name: `sluice ${command} --fps ${fps}`,
    frames: 1,
    run() {
      const options = ['--quiet', '--engine', 'onnxruntime', '--fps', fps, file];
      return Promise.resolve(cpuTimeOf(process.execPath, ['dist/cli/main.js', command, ...options]));
    },
  });
  const both = (file: string, fps: string) =>
    compare([contender('classify', file, fps), contender('batch', file, fps)], 1, rounds, {
      cold: true,
      unit: 'video',
    });
  return [
    ['1080p, 10 min, groups of 10 s, CPU time', await both(seldom, '0.05')],
    ['1080p, 90 s, groups of 0.95 s, CPU time', await both(often, '1')],
  ];
}
