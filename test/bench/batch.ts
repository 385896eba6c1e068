import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeModel } from 'sluice';
import { pullModel } from 'sluice/node';
import { alexnet } from 'sluice/pipelines/alexnet';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { compare, type Contender, type Result } from './compare.ts';

const run = promisify(execFile);
const MAIN = path.resolve('dist/cli/main.js');

/** The sample over and over, 640×360, H.264: 280 frames a time. */
export async function longClip(times: number): Promise<string> {
  return cachedFile(`bench-${times}.mp4`, async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    const source = ['-stream_loop', String(times - 1), '-i', 'samples/cockatoo.mp4'];
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-an', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', file]);
  });
}

/** AlexNet in a file, as networks come: to draw sixty million weights anew takes longer than to read them. */
export async function alexnetFile(groups: 1 | 2): Promise<string> {
  return cachedFile(`bench-alexnet-${groups}.safetensors`, async (file) =>
    writeFileSync(file, writeModel(await alexnet({ seed: 1, groups }))),
  );
}

/** So many frames the sample has. */
export const SAMPLE_FRAMES = 280;

/** `sluice batch` as its users start it: the whole process, from its start to its end. */
export function batchCommand(times: number, engine: string, more: readonly string[] = []): Contender {
  return {
    name: ['sluice batch', engine, ...more].join(' '),
    frames: times * SAMPLE_FRAMES,
    async run() {
      const file = await longClip(times);
      const folder = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
      const out = ['--quiet', '--out', path.join(folder, 'out.ndjson')];
      const { status, stderr } = spawnSync(process.execPath, [
        MAIN,
        'batch',
        ...out,
        '--engine',
        engine,
        ...more,
        file,
      ]);
      rmSync(folder, { recursive: true });
      if (status !== 0) throw new Error(String(stderr));
    },
  };
}

/** Milliseconds of CPU per frame. */
export interface Bound {
  readonly decodeMs: number;
  readonly computeMs: number;
  /** Of wall time, on all cores at once. */
  readonly ms: number;
}

/** What is decoded and computed: how ffmpeg scales, and the script that prints the CPU time of a frame. */
interface Work {
  readonly scale: string;
  readonly core: string;
}

const MOBILENET: Work = { scale: '224:224:flags=area', core: 'one-core.ts' };
const DETECTOR: Work = { scale: '300:300:flags=bilinear', core: 'detector-core.ts' };

/**
 * What no program on this machine can do better: the CPU time of decoding and of computing, divided by the cores. Both are
 * measured with every core at it, as in the job itself: alone on the machine, a core is several percent faster.
 */
export async function bound(times: number, { scale, core }: Work = MOBILENET): Promise<Bound> {
  const [file, { path: ffmpeg }] = [await longClip(times), await locateFfmpeg()];
  const cores = Array.from({ length: availableParallelism() });
  const decoded = await Promise.all(cores.map(() => decodeMs(ffmpeg, file, times * SAMPLE_FRAMES, scale)));
  const computed = await Promise.all(cores.map(() => computeMs(core)));
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const [decode, compute] = [mean(decoded), mean(computed)];
  return { decodeMs: decode, computeMs: compute, ms: (decode + compute) / cores.length };
}

async function decodeMs(ffmpeg: string, file: string, frames: number, scale: string): Promise<number> {
  const one = ['-threads', '1', '-filter_threads', '1'];
  const raw = ['-vf', `scale=${scale}`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-y', '/dev/null'];
  const { stderr } = await run(ffmpeg, ['-nostdin', '-benchmark', ...one, '-i', file, ...raw]);
  const [, user = '', system = ''] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
  return (1000 * (Number(user) + Number(system))) / frames;
}

async function computeMs(core: string): Promise<number> {
  const { stdout } = await run(process.execPath, [...process.execArgv, path.resolve('test/bench', core)]);
  return Number(stdout);
}

/** `sluice batch` of a detector, beside what no program can do better. */
export async function detectorBatch(times: number, rounds: number): Promise<readonly Result[]> {
  await pullModel('coco-ssd');
  const command = batchCommand(times, 'wasm', ['--model', 'coco-ssd']);
  const lowest: Contender = {
    name: 'lower bound: decoding and computing alone',
    run: async () => (await bound(times, DETECTOR)).ms,
  };
  return compare([lowest, command], 0, rounds, { cold: true });
}
