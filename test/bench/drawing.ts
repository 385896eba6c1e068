import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom, map } from 'rxjs';
import { detection, frameSource, withPicture, type Detection, type Frame, type FrameResult, type Pixels } from 'sluice';
import { drawResults, videoFile, videoOut } from 'sluice/node';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { randomFrom } from '../support/random.ts';
import { SAMPLE_FRAMES } from './batch.ts';
import { compare, type Contender, type Result } from './compare.ts';

const BOXES = 30;
const SOURCE = { width: 1920, height: 1080 };
const SMALL = { width: 640, height: 360 };

/** The sample, enlarged to 1080p. */
function fullHd(): Promise<string> {
  return cachedFile('bench-1080p.mp4', async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    const size = ['-vf', `scale=${SOURCE.width}:${SOURCE.height}`, '-an', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
    execFileSync(ffmpeg, ['-v', 'error', '-y', '-i', 'samples/cockatoo.mp4', ...size, file]);
  });
}

/** Boxes of a tenth to a third of the picture, in its pixels. */
function boxes(): Detection {
  const random = randomFrom(5);
  const side = (length: number) => length * (0.1 + 0.2 * random());
  return {
    boxes: Array.from({ length: BOXES }, (_, index) => ({
      ...{ x: 0.7 * SOURCE.width * random(), y: 0.7 * SOURCE.height * random() },
      ...{ width: side(SOURCE.width), height: side(SOURCE.height) },
      ...{ score: random(), label: `object ${index}`, index },
    })),
    picture: SOURCE,
  };
}

/** Decodes 1080p, draws on the frames, and encodes them, without a model. */
function drawn(clip: string, out: string, size: typeof SMALL): Contender {
  const found = boxes();
  return {
    name: `30 boxes drawn at ${size.width}×${size.height}`,
    frames: SAMPLE_FRAMES,
    async run() {
      const video = videoFile(clip, size === SOURCE ? {} : { resize: { ...size, fit: 'fill' } });
      await lastValueFrom(video.pipe(withPicture(map(resultOf(found))), drawResults(detection()), videoOut(out)));
    },
  };
}

const resultOf =
  (found: Detection) =>
  ({ label }: Frame<Pixels>): FrameResult<Detection> => ({ ...label, ...found, timings: [], latencyMs: 0 });

/** Draws on frames that are in memory, and nothing else. */
function drawnAlone({ width, height }: typeof SMALL): Contender {
  const picture: Pixels = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(127) };
  const found = boxes();
  const frames = Array.from({ length: SAMPLE_FRAMES }, (_, i) => ({ data: picture, timestamp: i * 40_000 }));
  return {
    name: `30 boxes drawn at ${width}×${height}, without ffmpeg`,
    frames: SAMPLE_FRAMES,
    async run() {
      const source = frameSource(frames, { source: 'bench' });
      await lastValueFrom(source.pipe(withPicture(map(resultOf(found))), drawResults(detection())));
    },
  };
}

/** What ffmpeg alone takes to decode, to scale and to encode the same, with the settings of `videoOut`. */
async function transcoded(clip: string, out: string, { width, height }: typeof SMALL): Promise<Contender> {
  const { path: ffmpeg } = await locateFfmpeg();
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-pix_fmt', 'yuv420p', '-an', '-y', out];
  return {
    name: `ffmpeg alone, nothing drawn, ${width}×${height}`,
    frames: SAMPLE_FRAMES,
    async run() {
      const scale = `scale=${width}:${height}:flags=area,format=rgb24`;
      const { status, stderr } = spawnSync(ffmpeg, ['-v', 'error', '-i', clip, '-vf', scale, ...encode]);
      if (status !== 0) throw new Error(String(stderr));
    },
  };
}

/** The time of a drawn frame of a video of 1080p, from file to file. */
export async function drawing(rounds: number): Promise<readonly Result[]> {
  const clip = await fullHd();
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  const out = path.join(folder, 'drawn.mp4');
  const contenders = [
    await transcoded(clip, out, SMALL),
    drawn(clip, out, SMALL),
    drawnAlone(SMALL),
    await transcoded(clip, out, SOURCE),
    drawn(clip, out, SOURCE),
  ];
  const results = await compare(contenders, 0, rounds);
  rmSync(folder, { recursive: true });
  return results;
}
