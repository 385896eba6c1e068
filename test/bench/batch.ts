import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { writeOnnx } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import type { Contender } from './compare.ts';

const MAIN = path.resolve('dist/cli/main.js');

/** The sample over and over, 640×360, H.264: 280 frames a time. */
export async function longClip(times: number): Promise<string> {
  const file = path.join(tmpdir(), `sluice-bench-${times}.mp4`);
  if (existsSync(file)) return file;
  const { path: ffmpeg } = await locateFfmpeg();
  const source = ['-stream_loop', String(times - 1), '-i', 'samples/cockatoo.mp4'];
  execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-an', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', file]);
  return file;
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

/** What no program on this machine can do better: the CPU time of decoding and of computing, on all cores at once. */
export async function bound(times: number): Promise<{ decodeMs: number; computeMs: number; ms: number }> {
  const { path: ffmpeg } = await locateFfmpeg();
  const [file, frames] = [await longClip(times), times * SAMPLE_FRAMES];
  const decode = [
    '-threads',
    '1',
    '-i',
    file,
    '-vf',
    'scale=224:224:flags=area',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
  ];
  const { stderr } = spawnSync(ffmpeg, ['-nostdin', '-benchmark', ...decode, '-y', '/dev/null'], { encoding: 'utf8' });
  const [, user = '', system = ''] = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
  const decodeMs = (1000 * (Number(user) + Number(system))) / frames;
  const net = await mobilenetV1();
  const session = await InferenceSession.create(writeOnnx(net.pipeline), { intraOpNumThreads: 1 });
  const input = new Tensor('float32', new Float32Array(224 * 224 * 3), [1, 224, 224, 3]);
  for (let i = 0; i < 5; i++) await session.run({ input });
  const before = process.cpuUsage();
  const runs = 200;
  for (let i = 0; i < runs; i++) await session.run({ input });
  const { user: userUs, system: systemUs } = process.cpuUsage(before);
  const computeMs = (userUs + systemUs) / 1000 / runs;
  await session.release();
  return { decodeMs, computeMs, ms: (decodeMs + computeMs) / availableParallelism() };
}
