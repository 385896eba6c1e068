// npm run soak:batch: what `sluice batch` holds in memory, all its processes together: the most over 5,000 frames, over 100,000,
// and over the first 5,000 of those.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cachedFile } from '../../scripts/cached-file.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { below } from '../support/below.ts';

const { values: options } = parseArgs({ options: { model: { type: 'string', default: 'lenet5' } } });
const SAMPLE_FRAMES = 280;
const MAIN = path.resolve('dist/cli/main.js');

/** The sample over and over, as it is. */
async function looped(times: number): Promise<string> {
  return cachedFile(`soak-${times}.mp4`, async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    const source = ['-stream_loop', String(times - 1), '-i', 'samples/cockatoo.mp4'];
    execFileSync(ffmpeg, ['-v', 'error', '-y', ...source, '-an', '-c', 'copy', file]);
  });
}

/** Bytes that are resident, each page once however many processes share it. */
function resident(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return 1024 * Number(kilobytes);
  } catch {
    return 0;
  }
}

interface Peak {
  readonly frames: number;
  readonly seconds: number;
  readonly bytes: number;
  /** Until so many frames were done as the short run has. */
  readonly early: number;
}

const [SHORT, LONG] = [18, 358];

async function peak(times: number): Promise<Peak> {
  const file = await looped(times);
  const out = mkdtempSync(path.join(tmpdir(), 'sluice-soak-'));
  const seed = options.model === 'mobilenet-v1' ? [] : ['--seed', '1'];
  const given = [
    '--model',
    options.model,
    ...seed,
    '--top',
    '1',
    '--progress',
    'json',
    '--out',
    path.join(out, 'out.ndjson'),
  ];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN, 'batch', ...given, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let done = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    const { type, frames, message } = JSON.parse(line) as { type: string; frames?: number; message?: string };
    done = frames ?? done;
    if (type === 'error' || type === 'failed') console.error(message);
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let [isOver, bytes, early] = [false, 0, 0];
  void ended.then(() => (isOver = true));
  for (const pid = child.pid ?? 0; !isOver; await wait(100)) {
    const now = [pid, ...below(pid).map((one) => one.pid)].reduce((sum, one) => sum + resident(one), 0);
    bytes = Math.max(bytes, now);
    if (done <= SHORT * SAMPLE_FRAMES) early = bytes;
  }
  if ((await ended) !== 0) throw new Error('sluice batch failed');
  const seconds = (performance.now() - startedAt) / 1000;
  const frames = readFileSync(path.join(out, 'out.ndjson'), 'utf8').split('\n').length - 1;
  rmSync(out, { recursive: true });
  if (frames !== times * SAMPLE_FRAMES) throw new Error(`${frames} frames came of ${times * SAMPLE_FRAMES}`);
  return { frames, seconds, bytes, early };
}

let first: number | undefined;
for (const times of [SHORT, LONG]) {
  const { frames, seconds, bytes, early } = await peak(times);
  first ??= bytes;
  const mebibytes = (of: number) => `${(of / 2 ** 20).toFixed(0)} MiB`;
  const figures = `${mebibytes(bytes)} at most, × ${(bytes / first).toFixed(3)} of the short run's`;
  const own = `× ${(bytes / early).toFixed(3)} of its own first ${SHORT * SAMPLE_FRAMES} frames' (${mebibytes(early)})`;
  console.log(`${options.model}, ${frames} frames in ${seconds.toFixed(0)} s: ${figures}, ${own}`);
}
