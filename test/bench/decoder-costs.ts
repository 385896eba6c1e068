import { execFileSync } from 'node:child_process';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { median } from './compare.ts';
import { cpuTimeOf } from './cpu-time.ts';

/** How a clip of each codec is made. Few options: they decide over what a frame costs. */
const CODECS: Readonly<Record<string, readonly [ending: string, ...encode: string[]]>> = {
  h264: ['mp4', '-c:v', 'libx264'],
  hevc: ['mp4', '-c:v', 'libx265', '-preset', 'fast', '-x265-params', 'log-level=error'],
  vp8: ['webm', '-c:v', 'libvpx', '-deadline', 'good', '-cpu-used', '5', '-crf', '10', '-b:v', '8M'],
  vp9: ['webm', '-c:v', 'libvpx-vp9', '-deadline', 'good', '-cpu-used', '5', '-crf', '32', '-b:v', '0'],
  av1: ['mp4', '-c:v', 'libsvtav1', '-preset', '8', '-crf', '35'],
  mpeg4: ['mp4', '-c:v', 'mpeg4', '-q:v', '5', '-bf', '2'],
  mpeg2video: ['mp4', '-c:v', 'mpeg2video', '-q:v', '5', '-bf', '2'],
};
const HEIGHTS = [360, 720, 1080];
const FRAMES = 150;

/** The CPU time of decoding with one thread, of clips made of the sample. */
export interface DecoderCost {
  readonly codec: string;
  readonly height: number;
  /** Nanoseconds for a pixel, beyond the start. */
  readonly perPixel: number;
  /** Milliseconds for a start in the middle of the file, up to the first frame. */
  readonly start: number;
  /** How many frames are decoded in the time that a start takes. */
  readonly frames: number;
}

/** Measures what it costs to start a decoder and to decode, for each codec that ffmpeg can encode: medians of so many rounds. */
export async function decoderCosts(rounds: number): Promise<readonly DecoderCost[]> {
  const { path: ffmpeg } = await locateFfmpeg();
  const encoders = execFileSync(ffmpeg, ['-v', 'error', '-encoders'], { encoding: 'utf8' });
  const costs: DecoderCost[] = [];
  for (const [codec, [ending, ...encode]] of Object.entries(CODECS)) {
    if (!encoders.includes(` ${encode[1] ?? ''} `)) continue;
    for (const height of HEIGHTS) {
      const width = (height * 16) / 9;
      const file = await cachedFile(`bench-cost-${codec}-${height}.${ending}`, (unfinished) => {
        const source = ['-stream_loop', '-1', '-i', 'samples/cockatoo.mp4', '-an', '-vf', `scale=${width}:${height}`];
        const rest = ['-frames:v', String(FRAMES), '-g', '50', '-pix_fmt', 'yuv420p', '-v', 'error', '-y'];
        execFileSync(ffmpeg, [...source, ...encode, ...rest, unfinished], { stdio: ['ignore', 'ignore', 'ignore'] });
      });
      const times = Array.from({ length: rounds }, () => {
        const all = cpuTime(ffmpeg, ['-i', file]);
        const start = cpuTime(ffmpeg, ['-noaccurate_seek', '-ss', '4', '-i', file, '-frames:v', '1']);
        return { start, frame: (all - cpuTime(ffmpeg, ['-i', file, '-frames:v', '1'])) / (FRAMES - 1) };
      });
      const start = median(times.map((time) => time.start));
      const frame = median(times.map((time) => time.frame));
      const perPixel = (frame * 1e6) / (width * height);
      costs.push({ codec, height, perPixel, start, frames: start / frame });
    }
  }
  return costs;
}

function cpuTime(ffmpeg: string, args: readonly string[]): number {
  const general = ['-v', 'error', '-nostdin', '-threads', '1', '-filter_complex_threads', '1'];
  return cpuTimeOf(ffmpeg, [...general, ...args, '-an', '-f', 'null', '-']);
}
