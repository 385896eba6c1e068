import { messageOf, SluiceError } from '../errors/errors.ts';
import { codeOf } from '../errors/code-of.ts';

/** What a temporary folder is for. */
export type TemporaryKind = 'job' | 'picture' | 'profile';

/** @internal A folder of this process alone. It is removed at the latest when the process ends, or by the next one if it was killed. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

const NAME = /^sluice-(?:job|picture|profile)-([0-9a-f]{8})-(\d+)-/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const folders = new Set<string>();
let isSwept = false;

/**
 * @internal Makes a temporary folder that only this user can read. Folders that killed processes have left are removed before.
 * Throws `SluiceError` (`output`). Node only; loads Node's modules at run time, because bundlers for the browser read this file.
 */
export function makeTemporaryFolder(kind: TemporaryKind): TemporaryFolder {
  const { mkdtempSync } = process.getBuiltinModule('node:fs');
  const parent = process.getBuiltinModule('node:os').tmpdir();
  let folder: string;
  try {
    sweep(parent);
    folder = mkdtempSync(`${parent}/sluice-${kind}-${machine()}-${process.pid}-`);
  } catch (cause) {
    throw new SluiceError('output', `cannot make a temporary folder in ${parent}: ${messageOf(cause)}: set TMPDIR`, {
      cause,
    });
  }
  if (folders.size === 0) {
    process.on('exit', removeAll);
    // First, while a listener of the program that is called once still counts.
    for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  }
  folders.add(folder);
  return {
    path: folder,
    remove() {
      if (!folders.delete(folder)) return;
      if (folders.size === 0) unfollow();
      removeNow(folder);
    },
  };
}

function unfollow(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function removeAll(): void {
  for (const folder of folders) removeNow(folder);
  folders.clear();
}

/** A signal ends the process, as it does without a listener. If the program has a listener of its own, that one decides. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  unfollow();
  process.kill(process.pid, signal);
}

/** Workers may be writing into it until they notice that this process ends. */
function removeNow(folder: string): void {
  try {
    process.getBuiltinModule('node:fs').rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch {
    // The next process that makes such a folder removes it.
  }
}

/** Removes the folders of processes of this machine that have ended, once for each process. */
function sweep(parent: string): void {
  if (isSwept) return;
  isSwept = true;
  const here = machine();
  for (const name of process.getBuiltinModule('node:fs').readdirSync(parent)) {
    const [, where, pid] = NAME.exec(name) ?? [];
    if (where === here && hasEnded(Number(pid))) removeNow(`${parent}/${name}`);
  }
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (cause) {
    return codeOf(cause) === 'ESRCH';
  }
}

/** Stands for the host, and on Linux for the container: each numbers its processes anew, and they may share a folder. */
function machine(): string {
  const { readlinkSync } = process.getBuiltinModule('node:fs');
  let container = '';
  try {
    container = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux.
  }
  const text = `${process.getBuiltinModule('node:os').hostname()} ${container}`;
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex').slice(0, 8);
}
