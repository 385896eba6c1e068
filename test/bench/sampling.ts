import { execFileSync } from 'node:child_process';
import { lastValueFrom, type MonoTypeOperatorFunction } from 'rxjs';
import { infer, sampleFrames, useEngine, type Frame, type Pixels } from 'sluice';
import { videoFile, type VideoFileOptions } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { compare, type Contender, type Result } from './compare.ts';
import { serialKeyFrames } from './serial.ts';

/** The sample enlarged to 1080p, over and over: 90 s of 20 frames/s, with 44 key frames. */
function longFullHd(): Promise<string> {
  return cachedFile('bench-1080p-90s.mp4', async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    const source = ['-stream_loop', '-1', '-i', 'samples/cockatoo.mp4', '-t', '90', '-r', '20'];
    const groups = ['-g', '41', '-keyint_min', '41', '-sc_threshold', '0'];
    const encode = ['-an', '-c:v', 'libx264', '-preset', 'veryfast', ...groups, '-pix_fmt', 'yuv420p'];
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-vf', 'scale=1920:1080', ...encode, file]);
  });
}

/** A frame a second, by decoding all frames and by key frames; decoded only, and labelled. Times are of the whole clip. */
export async function sampling(rounds: number): Promise<readonly (readonly [string, readonly Result[]])[]> {
  const file = await longFullHd();
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
