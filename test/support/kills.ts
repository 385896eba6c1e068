import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runs, type Running } from './sluice.ts';
import { below } from './below.ts';

/** Who is killed. */
export type Victim = 'parent' | 'worker' | 'ffmpeg';

/** Kills one of a job's processes with -9; gives which, undefined where there is none of that kind right now. */
export function kill(run: Running, victim: Victim, pick: number): number | undefined {
  const processes = below(run.pid);
  const workers = processes.filter(({ name }) => !name.startsWith('ffmpeg'));
  const ffmpegs = processes.filter(({ name }) => name.startsWith('ffmpeg'));
  const of = { parent: [{ pid: run.pid }], worker: workers, ffmpeg: ffmpegs }[victim];
  const pid = of[Math.floor(pick * of.length)]?.pid;
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    return pid;
  } catch {
    return undefined;
  }
}

/** How many parts a job folder holds. */
export function partsIn(job: string): number {
  if (!existsSync(job)) return 0;
  const folders = readdirSync(job, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => readdirSync(path.join(job, name))).filter((name) => name.endsWith('.ndjson'))
    .length;
}

/** Ended, with all that was below it gone soon. */
export async function untilAllGone(run: Running, processes: readonly { pid: number }[]): Promise<void> {
  await run.ended;
  for (let tries = 0; processes.some(({ pid }) => runs(pid)); tries++) {
    if (tries > 1000) throw new Error('processes are left over');
    await wait(20);
  }
}

/** Whether soon nothing is left below a process, waited for: its end comes a moment after the work's. */
export async function untilNone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (below(pid).every((child) => !runs(child.pid) || !/^(node|ffmpeg|MainThread)/.test(child.name))) return true;
    await wait(20);
  }
  return false;
}
