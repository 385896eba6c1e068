import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { messageOf, SluiceError } from '../../errors/errors.ts';

const DRAFT = /^\.[0-9a-f]{8}\.tmp$/;

/** @internal Whether a file is named as an {@link OutputFile} of that name is before it is whole. */
export function isDraftOf(name: string, file: string): boolean {
  return file.startsWith(name) && DRAFT.test(file.slice(name.length));
}

/**
 * A file that appears under its name only when it is whole: pieces go to a temporary file beside it, `commit` renames it.
 *
 * Links are followed, and a file that is replaced keeps its permissions. Devices and pipes are written directly. Writes
 * wait for the disk, so nothing queues in memory. Throws `SluiceError` with code `output` naming the file: at once where
 * it can't be written, and when the disk is full.
 *
 * @see {@link resultFormat}
 *
 * @example
 * const out = new OutputFile('labels.ndjson');
 * out.write('{"a":1}\n');
 * out.commit();
 */
export class OutputFile {
  readonly path: string;
  readonly #target: string;
  readonly #temporary: string | undefined;
  readonly #durable: boolean;
  #descriptor: number | undefined;
  #isEmpty = true;

  /** `durable`: what has its name is on the disk, also if the machine fails the next moment. */
  constructor(path: string, { durable = false }: { readonly durable?: boolean } = {}) {
    this.path = path;
    this.#durable = durable;
    const { target, direct, mode } = attempt(path, () => inspect(path));
    this.#target = target;
    this.#temporary = direct ? undefined : `${target}.${randomUUID().slice(0, 8)}.tmp`;
    const descriptor = attempt(path, () => openSync(this.#temporary ?? target, direct ? 'w' : 'wx'));
    this.#descriptor = descriptor;
    if (mode !== undefined) attempt(path, () => fchmodSync(descriptor, mode));
  }

  /** Writes the next piece of the file; throws `SluiceError` (`output`) where the disk refuses it. */
  write(piece: string | Uint8Array): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    for (let written = 0; written < bytes.length;) {
      const descriptor = this.#open();
      written += attempt(this.path, () => writeSync(descriptor, bytes, written));
    }
    this.#isEmpty &&= bytes.length === 0;
  }

  /** Gives the file its name, in place of what was there. */
  commit(): void {
    this.#open();
    this.#finish(this.#target);
  }

  /** Keeps what there is as `FILE.partial` and leaves `FILE` as it was; gives the name, if there was anything to keep. */
  keepPartial(): string | undefined {
    if (this.#descriptor === undefined || this.#temporary === undefined || this.#isEmpty) {
      this.discard();
      return undefined;
    }
    const partial = `${this.#target}.partial`;
    this.#finish(partial);
    return partial;
  }

  /** Leaves nothing behind; after `commit` it does nothing. */
  discard(): void {
    try {
      this.#close();
    } finally {
      if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
    }
  }

  #open(): number {
    if (this.#descriptor === undefined) throw outputError(this.path, 'it is closed already');
    return this.#descriptor;
  }

  #finish(path: string): void {
    const descriptor = this.#descriptor;
    if (this.#durable && descriptor !== undefined) attempt(path, () => fsyncSync(descriptor));
    this.#close();
    const temporary = this.#temporary;
    if (temporary !== undefined) attempt(path, () => renameSync(temporary, path));
  }

  #close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) attempt(this.path, () => closeSync(descriptor));
  }
}

interface Target {
  /** Where the path leads, through links. */
  readonly target: string;
  readonly direct: boolean;
  /** The permissions of the file that is there. */
  readonly mode?: number;
}

function inspect(path: string): Target {
  // As bigints: Node 20's realpath, and so its module loader, goes astray after a plain stat of a pipe.
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) {
    if (lstatSync(path, { throwIfNoEntry: false })) throw new Error('it is a link to a file that does not exist');
    return { target: path, direct: false };
  }
  if (stats.isDirectory()) throw new Error('it is a directory');
  if (!stats.isFile()) return { target: path, direct: true };
  // Replacing a file needs no permission for the file itself; whoever took that away meant it to stay.
  accessSync(path, constants.W_OK);
  return { target: realpathSync(path), direct: false, mode: Number(stats.mode & 0o777n) };
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
