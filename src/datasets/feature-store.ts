import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { messageOf, SluiceError } from '../errors/errors.ts';

/** Vectors of one length in a file, so that any number of them takes little memory. */
export class FeatureStore {
  readonly #file: string;
  readonly #size: number;
  readonly #descriptor: number;
  #count = 0;

  /** Makes the file. Throws `SluiceError` (`output`). */
  constructor(file: string, size: number) {
    this.#file = file;
    this.#size = size;
    this.#descriptor = attempt(file, () => openSync(file, 'w+'));
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a vector. Throws `SluiceError` (`output`), and a `RangeError` for a vector of another length. */
  add(vector: readonly number[]): void {
    if (vector.length !== this.#size) throw new RangeError(`a vector has ${vector.length} values, not ${this.#size}`);
    const bytes = new Uint8Array(Float32Array.from(vector).buffer);
    const start = this.#count * bytes.length;
    for (let written = 0; written < bytes.length;) {
      written += attempt(this.#file, () => writeSync(this.#descriptor, bytes, written, undefined, start + written));
    }
    this.#count++;
  }

  /** Reads the vector that was added as the nth, from 0. */
  read(n: number): Float32Array<ArrayBuffer> {
    const vector = new Float32Array(this.#size);
    const bytes = new Uint8Array(vector.buffer);
    for (let read = 0; read < bytes.length;) {
      const got = readSync(this.#descriptor, bytes, read, bytes.length - read, n * bytes.length + read);
      if (got === 0) throw new SluiceError('output', `${this.#file} was cut short while it was used`);
      read += got;
    }
    return vector;
  }

  /** Closes and deletes the file. */
  close(): void {
    closeSync(this.#descriptor);
    rmSync(this.#file, { force: true });
  }
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new SluiceError('output', `cannot write ${file}: ${messageOf(cause)}`, { cause });
  }
}
