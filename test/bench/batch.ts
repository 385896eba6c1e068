import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeModel } from 'sluice';
import { alexnet } from 'sluice/pipelines/alexnet';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import type { Contender } from './compare.ts';

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

const CORE = path.resolve('test/bench/one-core.ts');

/**
 * What no program on this machine can do better: the CPU time of decoding and of computing, divided by the cores. Both are
 * measured with every core at it, as in the job itself: alone on the machine, a core is several percent faster.
 */
export async function bound(times: number): Promise<Bound> {
  const [file, { path: ffmpeg }] = [await longClip(times), await locateFfmpeg()];
  const cores = Array.from({ length: availableParallelism() });
  const decoded = await Promise.all(cores.map(() => decodeMs(ffmpeg, file, times * SAMPLE_FRAMES)));
  const computed = await Promise.all(cores.map(() => computeMs()));
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const [decode, compute] = [mean(decoded), mean(computed)];
  return { decodeMs: decode, computeMs: compute, ms: (decode + compute) / cores.length };
}

async function decodeMs(ffmpeg: string, file: string, frames: number): Promise<number> {
  const one = ['-threads', '1', '-filter_threads', '1'];
  const raw = ['-vf', 'scale=224:224:flags=area', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-y', '/dev/null'];
  const { stderr } = await run(ffmpeg, ['-nostdin', '-benchmark', ...one, '-i', file, ...raw]);
  const [, user = '', system = ''] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
  return (1000 * (Number(user) + Number(system))) / frames;
}

async function computeMs(): Promise<number> {
  const { stdout } = await run(process.execPath, [...process.execArgv, CORE]);
  return Number(stdout);
}
