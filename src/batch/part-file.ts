import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { OutputFile } from '../sinks/files/output-file.ts';
import type { PartAccount } from './part-account.ts';

/** The last line of a part's file. The lines before it are results. */
export interface PartTrailer {
  /** The number of bytes of the results before this line. */
  readonly bytes: number;
  readonly account: PartAccount;
}

/** A trailer is shorter than this. */
const TRAILER_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Writes the file of one part. The file gets its name when the part is complete and on the disk. */
export class PartWriter {
  readonly #out: OutputFile;
  #bytes = 0;

  constructor(file: string) {
    this.#out = new OutputFile(file);
  }

  /** Writes a result: a line with its line end. */
  write(line: string): void {
    this.#out.write(line);
    this.#bytes += Buffer.byteLength(line);
  }

  /** Completes the part: writes the trailer and renames the file. */
  commit(account: PartAccount): void {
    const trailer: PartTrailer = { bytes: this.#bytes, account };
    commitWith(this.#out, `${JSON.stringify(trailer)}\n`);
  }

  /** Deletes what was written. */
  discard(): void {
    this.#out.discard();
  }
}

/** Writes the last piece of a file and commits it; discards the file if that fails. */
export function commitWith(out: OutputFile, piece: string): void {
  try {
    out.write(piece);
    out.commit();
  } catch (error) {
    out.discard();
    throw error;
  }
}

/** Reads a part's trailer. Undefined if there is no such file, or if it is incomplete or damaged. */
export function readTrailer(file: string): PartTrailer | undefined {
  try {
    return parseTrailer(file);
  } catch {
    return undefined;
  }
}

function parseTrailer(file: string): PartTrailer | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, TRAILER_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    if (buffer.at(-1) !== NEWLINE) return undefined;
    const begin = buffer.lastIndexOf(NEWLINE, buffer.length - 2) + 1;
    const trailer = JSON.parse(buffer.toString('utf8', begin)) as PartTrailer;
    return trailer.bytes === size - (buffer.length - begin) ? trailer : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Yields the result lines of a part's file, without their line ends. */
export async function* readResults(file: string, { bytes }: PartTrailer): AsyncGenerator<string> {
  if (bytes === 0) return;
  const stream = createReadStream(file, { end: bytes - 1 });
  try {
    yield* createInterface({ input: stream, crlfDelay: Infinity });
  } finally {
    stream.destroy();
  }
}
