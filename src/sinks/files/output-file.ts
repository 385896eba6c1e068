import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../../errors/code-of.ts';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import { syncDescriptor, syncFolder } from '../../disk/sync.ts';

/** So many bytes tell the formats of results from each other and from videos and pictures. */
const SIGNATURE_BYTES = 6;
const DRAFT = /^\.[0-9a-f]{8}\.tmp$/;

/** @internal Whether `file` is the name of the temporary file of an {@link OutputFile} called `name`. */
export function isDraftOf(name: string, file: string): boolean {
  return file.startsWith(name) && DRAFT.test(file.slice(name.length));
}

/**
 * A file that appears under its name only when it is complete: `write` writes to a temporary file beside it, and `commit`
 * renames that file.
 *
 * Once it has its name, it survives a power failure. It follows links, and a replaced file keeps its permissions. It writes devices
 * and pipes directly. Writes are synchronous, so nothing queues in memory. Throws `SluiceError` with code `output` that names the
 * file: on opening if the file can't be written, and on writing if the disk is full.
 *
 * @see {@link resultFormat}
 *
 * @example
 * const out = new OutputFile('labels.ndjson');
 * out.write('{"a":1}\n');
 * out.commit();
 */
export class OutputFile {
  /** The path as it was given. */
  readonly path: string;
  readonly #target: string;
  readonly #temporary: string | undefined;
  #descriptor: number | undefined;
  #isEmpty = true;

  /**
   * Opens the file. `replace`: whatever has its name is replaced, also a link, a device or a pipe; `irregular` replaces only these, and
   * checks a file that is to be replaced as usual. Default false: links are followed.
   */
  constructor(path: string, { replace = false }: { readonly replace?: boolean | 'irregular' } = {}) {
    this.path = path;
    const isReplaced = replace === true || (replace && isIrregular(path));
    const found: Target = isReplaced ? { target: path, direct: false } : attempt(path, () => inspect(path));
    const { target, direct, mode } = found;
    this.#target = target;
    this.#temporary = direct ? undefined : `${target}.${randomUUID().slice(0, 8)}.tmp`;
    const descriptor = attempt(path, () => openSync(this.#temporary ?? target, direct ? 'w' : 'wx'));
    this.#descriptor = descriptor;
    if (mode !== undefined) attempt(path, () => fchmodSync(descriptor, mode));
  }

  /** Writes the next piece of the file. Throws `SluiceError` (`output`) if writing fails. */
  write(piece: string | Uint8Array): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    for (let written = 0; written < bytes.length;) {
      const descriptor = this.#open();
      written += attempt(this.path, () => writeSync(descriptor, bytes, written));
    }
    this.#isEmpty &&= bytes.length === 0;
  }

  /** Completes the file: it gets its name and replaces an existing file. */
  commit(): void {
    this.#open();
    this.#finish(this.#target);
  }

  /**
   * Keeps the incomplete file as `FILE.partial` and leaves `FILE` unchanged. That replaces an earlier one in the same format. Any other
   * file of that name stays, and the name is `FILE.2.partial` and so on. Returns the path, or undefined if it is empty.
   */
  keepPartial(): string | undefined {
    if (this.#descriptor === undefined || this.#temporary === undefined || this.#isEmpty) {
      this.discard();
      return undefined;
    }
    for (let i = 1; ; i++) {
      const partial = `${this.#target}${i === 1 ? '' : `.${i}`}.partial`;
      if (lstatSync(partial, { throwIfNoEntry: false }) && !beginAlike(partial, this.#temporary)) continue;
      this.#finish(partial);
      return partial;
    }
  }

  /** Deletes the incomplete file. Does nothing after `commit`. */
  discard(): void {
    try {
      this.#close();
    } finally {
      if (this.#temporary !== undefined) deleteFile(this.#temporary);
    }
  }

  #open(): number {
    if (this.#descriptor === undefined) throw outputError(this.path, 'it is already closed');
    return this.#descriptor;
  }

  #finish(path: string): void {
    const [descriptor, temporary] = [this.#descriptor, this.#temporary];
    if (descriptor !== undefined && temporary !== undefined) attempt(path, () => syncDescriptor(descriptor));
    this.#close();
    if (temporary === undefined) return;
    attempt(path, () => {
      renameSync(temporary, path);
      syncFolder(dirname(path));
    });
  }

  #close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) attempt(this.path, () => closeSync(descriptor));
  }
}

/** Whether two files begin with the same few bytes, as two files of results in the same format do. */
function beginAlike(one: string, other: string): boolean {
  try {
    const [first, second] = [one, other].map(beginningOf);
    return first !== undefined && second !== undefined && first.equals(second);
  } catch {
    return false;
  }
}

function beginningOf(file: string): Buffer | undefined {
  if (!lstatSync(file).isFile()) return undefined;
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(SIGNATURE_BYTES);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, SIGNATURE_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a link, a device or a pipe has this name. */
function isIrregular(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

interface Target {
  /** The path after links are followed. */
  readonly target: string;
  /** Whether it is a device or a pipe, which is written directly. */
  readonly direct: boolean;
  /** The permissions of the existing file. */
  readonly mode?: number;
}

function inspect(path: string): Target {
  // In Node 20, a stat of a pipe without bigint breaks realpath, and with it the module loader.
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) {
    if (lstatSync(path, { throwIfNoEntry: false })) throw new Error('it is a link to a file that does not exist');
    return { target: path, direct: false };
  }
  if (stats.isDirectory()) throw new Error('it is a directory');
  if (!stats.isFile()) return { target: path, direct: true };
  // Renaming over a file needs no write permission for it, so a read-only file must be refused here.
  accessSync(path, constants.W_OK);
  return { target: realpathSync(path), direct: false, mode: Number(stats.mode & 0o777n) };
}

function deleteFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    throw new SluiceError('output', `cannot delete ${file}: ${messageOf(cause)}`, { cause });
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw outputError(path, messageOf(cause), cause);
  }
}

function outputError(path: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('output', `cannot write ${path}: ${why}`, { cause });
}
