import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { codeOf } from '../errors/code-of.ts';

/** What file systems answer that can't sync. */
const CANNOT_SYNC: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'ENOSYS'];
/** What systems answer besides that can't open or sync a folder, such as Windows. */
const NO_FOLDERS: readonly unknown[] = ['EISDIR', 'EPERM', 'EACCES', 'EBADF'];

/** @internal Syncs an open file to the disk, so that its bytes survive a power failure, where the file system can do that. */
export function syncDescriptor(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!CANNOT_SYNC.includes(codeOf(error))) throw error;
  }
}

/** @internal Syncs a file that another program has written. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @internal Syncs a folder, so that the names in it survive a power failure, where the system can do that. */
export function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, 'r');
    syncDescriptor(descriptor);
  } catch (error) {
    if (!NO_FOLDERS.includes(codeOf(error))) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** @internal Syncs all files and folders of a folder, and the folder itself. */
export function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name);
    if (entry.isDirectory()) syncTree(inside);
    else if (entry.isFile()) syncFile(inside);
  }
  syncFolder(folder);
}

/** @internal Makes a folder, and its parents where they do not exist, so that they survive a power failure. */
export function makeFolders(folder: string): void {
  const whole = path.resolve(folder);
  const first = mkdirSync(whole, { recursive: true });
  if (first === undefined) return;
  for (let made = whole; made.length >= first.length; made = path.dirname(made)) syncFolder(path.dirname(made));
}
