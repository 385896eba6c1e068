import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from '../errors/code-of.ts';

/** The process that holds a lock. Its number alone is not enough, since a later process may get the same number. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the words of its system. Empty on systems that do not say. */
  readonly began: string;
  /** When it took the lock, as an ISO 8601 date. */
  readonly since: string;
}

/** Describes this process. */
export function thisProcess(): LockHolder {
  return {
    pid: process.pid,
    host: hostname(),
    began: beganAt(process.pid),
    since: new Date().toISOString(),
  };
}

/** Reads a lock file. Undefined if it does not exist or is damaged. */
export function readHolder(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}

/** Returns whether a holder's process, which must be of this machine, still runs. */
export function isAlive({ pid, began }: LockHolder): boolean {
  const found = processState(pid);
  return found === 'foreign' || (found === 'ours' && beganAt(pid) === began);
}

/** Returns whether a process with this number runs, and whether it belongs to another user (`foreign`). */
export function processState(pid: number): 'ours' | 'foreign' | 'none' {
  try {
    process.kill(pid, 0);
    return 'ours';
  } catch (cause) {
    return codeOf(cause) === 'EPERM' ? 'foreign' : 'none';
  }
}

/** Returns the number of the boot and the start time in ticks on Linux, and an empty string elsewhere. */
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
