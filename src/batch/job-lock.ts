import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { messageOf, SluiceError } from '../errors/errors.ts';

/** Who holds a job: a number alone would be another process one day. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its system tells it; empty where that does not. */
  readonly began: string;
  readonly since: string;
}

const NAME = /^lock-(\d+)$/;
const DRAFT = /^lock\.(\d+)\.tmp$/;

/**
 * Sees to it that one process at a time works in a folder. A lock whose process is no more is taken over: by a lock of the
 * next number, which only one can make. Throws `SluiceError` (`locked`) naming the process that works there.
 */
export function lockFolder(folder: string): () => void {
  const draft = path.join(folder, `lock.${process.pid}.tmp`);
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    began: beganAt(process.pid),
    since: new Date().toISOString(),
  };
  try {
    writeFileSync(draft, JSON.stringify(me));
    return take(folder, draft);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError('output', `cannot write into ${folder}: ${messageOf(cause)}`, { cause });
  } finally {
    rmSync(draft, { force: true });
  }
}

function take(folder: string, draft: string): () => void {
  const [last = 0] = numbers(folder);
  refuseHeld(folder, last);
  const mine = path.join(folder, `lock-${last + 1}`);
  try {
    // A link has its content from its first moment on, and fails where the name is taken.
    linkSync(draft, mine);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return take(folder, draft);
    throw cause;
  }
  // Whoever came first of those that saw the same stale lock has it; the others are seen here, or see this one.
  for (const number of numbers(folder).filter((other) => other !== last + 1)) {
    try {
      refuseHeld(folder, number);
    } catch (error) {
      rmSync(mine, { force: true });
      throw error;
    }
    rmSync(path.join(folder, `lock-${number}`), { force: true });
  }
  return () => rmSync(mine, { force: true });
}

/** Clears away what processes left that were killed while they made a lock. */
export function clearDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(DRAFT.exec(name)?.[1]);
    if (pid > 0 && signal(pid) === 'none') rmSync(path.join(folder, name), { force: true });
  }
}

/** Highest first. */
function numbers(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => Number(NAME.exec(name)?.[1]))
    .filter((number) => number > 0)
    .toSorted((a, b) => b - a);
}

function refuseHeld(folder: string, number: number): void {
  const file = path.join(folder, `lock-${number}`);
  const holder = holderOf(file);
  if (!holder) return;
  if (holder.host !== hostname()) {
    const where = `process ${holder.pid} on ${holder.host} has worked in ${folder} since ${holder.since}`;
    throw new SluiceError('locked', `${where}; if it is no more, delete ${file}`);
  }
  if (isAlive(holder)) {
    throw new SluiceError(
      'locked',
      `process ${holder.pid} has been at work in ${folder} since ${holder.since}: wait for its end, or give another job folder`,
    );
  }
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, began }: Holder): boolean {
  const found = signal(pid);
  return found === 'foreign' || (found === 'ours' && beganAt(pid) === began);
}

/** Whether there is a process of that number, and whose. */
function signal(pid: number): 'ours' | 'foreign' | 'none' {
  try {
    process.kill(pid, 0);
    return 'ours';
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM' ? 'foreign' : 'none';
  }
}

/** Linux's own count of ticks, also different for a process of the same number after a restart; elsewhere unknown. */
function beganAt(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? 'ended' : `${boot} ${fields[18] ?? ''}`;
  } catch {
    return '';
  }
}
