import { linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { isAlive, processState, readHolder, thisProcess } from './lock-holder.ts';
import { codeOf } from '../errors/code-of.ts';

const LOCK = /^lock-(\d+)$/;
const DRAFT = /^lock\.(\d+)\.tmp$/;

/**
 * Locks a folder for this process, and returns the function that unlocks it. If the process that holds the lock no longer
 * runs, this process takes over with a lock of the next number, which only one process can make.
 *
 * Throws `SluiceError`: `locked` with the process that holds the lock, `output` if the folder cannot be written.
 */
export function lockFolder(folder: string): () => void {
  const draft = path.join(folder, `lock.${process.pid}.tmp`);
  try {
    writeFileSync(draft, JSON.stringify(thisProcess()));
    return takeLock(folder, draft);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError('output', `cannot write into ${folder}: ${messageOf(cause)}`, { cause });
  } finally {
    removeDraft(draft);
  }
}

/** A draft that cannot be deleted harms nothing: `clearDrafts` deletes it when its process has ended. */
function removeDraft(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // It stays.
  }
}

function takeLock(folder: string, draft: string): () => void {
  const [last = 0] = lockNumbers(folder);
  checkFree(folder, last);
  const mine = path.join(folder, `lock-${last + 1}`);
  try {
    // A link has its content from the start, and fails if the name is taken.
    linkSync(draft, mine);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return takeLock(folder, draft);
    throw cause;
  }
  // Another process may have taken over the same stale lock. Either this process sees its lock here, or it sees this one.
  for (const number of lockNumbers(folder).filter((other) => other !== last + 1)) {
    try {
      checkFree(folder, number);
    } catch (error) {
      rmSync(mine, { force: true });
      throw error;
    }
    rmSync(path.join(folder, `lock-${number}`), { force: true });
  }
  return () => rmSync(mine, { force: true });
}

/** Deletes the drafts of processes that were killed while they made a lock. */
export function clearDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(DRAFT.exec(name)?.[1]);
    if (pid > 0 && processState(pid) === 'none') rmSync(path.join(folder, name), { force: true });
  }
}

/** Returns the numbers of all locks in a folder, the highest first. */
function lockNumbers(folder: string): number[] {
  return readdirSync(folder)
    .map((name) => Number(LOCK.exec(name)?.[1]))
    .filter((number) => number > 0)
    .toSorted((a, b) => b - a);
}

/** Throws if the process that holds a lock still runs, or if it is of another machine, where this one cannot look. */
function checkFree(folder: string, number: number): void {
  const file = path.join(folder, `lock-${number}`);
  const holder = readHolder(file);
  if (!holder) return;
  const { pid, host, since } = holder;
  if (host !== hostname()) {
    throw new SluiceError(
      'locked',
      `process ${pid} on ${host} has been using ${folder} since ${since}: if it no longer runs, delete ${file}`,
    );
  }
  if (isAlive(holder)) {
    throw new SluiceError(
      'locked',
      `process ${pid} has been using ${folder} since ${since}: wait until it ends, or use another job folder`,
    );
  }
}
