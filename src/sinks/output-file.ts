import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync, type Stats } from 'node:fs';
import { messageOf, SluiceError } from '../errors.ts';

/**
 * A file that appears under its name only when it is whole: lines go to a temporary file beside it, `commit` renames it.
 *
 * Devices and pipes (`/dev/stdout`) are written directly. Writes wait for the disk, so nothing queues in memory.
 * Throws `SluiceError` with code `output` naming the file: at once where it can't be written, and when the disk is full.
 *
 * @example
 * const out = new OutputFile('labels.ndjson');
 * out.write('{"a":1}\n');
 * out.commit();
 */
export class OutputFile {
  readonly path: string;
  readonly #temporary: string | undefined;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.path = path;
    const target = existing(path);
    if (target?.stats.isDirectory()) throw outputError(path, 'it is a directory');
    const direct = target !== undefined && !target.stats.isFile();
    this.#temporary = direct ? undefined : `${target?.path ?? path}.${process.pid}.tmp`;
    this.#descriptor = attempt(path, () => openSync(this.#temporary ?? path, 'w'));
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      const descriptor = this.#descriptor;
      if (descriptor === undefined) throw outputError(this.path, 'it is closed already');
      written += attempt(this.path, () => writeSync(descriptor, bytes, written));
    }
  }

  /** Gives the file its name, in place of what was there. */
  commit(path: string = this.path): void {
    this.#close();
    const temporary = this.#temporary;
    if (temporary) attempt(path, () => renameSync(temporary, existing(path)?.path ?? path));
  }

  /** Leaves nothing behind. */
  discard(): void {
    try {
      this.#close();
    } finally {
      if (this.#temporary) rmSync(this.#temporary, { force: true });
    }
  }

  #close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) attempt(this.path, () => closeSync(descriptor));
  }
}

/** What the path leads to now, through links. */
function existing(path: string): { path: string; stats: Stats } | undefined {
  try {
    return { path: realpathSync(path), stats: statSync(path) };
  } catch {
    return undefined;
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
