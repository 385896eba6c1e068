import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { commitWith } from '../sinks/files/commit-with.ts';
import { OutputFile } from '../sinks/files/output-file.ts';
import { isAccount, type PartAccount } from './part-account.ts';
import { hasFields, isCount, isText, readAt, readBack, type Unusable } from './read-back.ts';

/** The last line of a part's file. The lines before it are results. */
export interface PartTrailer {
  /** Whose results these are. */
  readonly of: string;
  /** The number of bytes of the results before this line, and their SHA-256. */
  readonly bytes: number;
  readonly sha256: string;
  readonly account: PartAccount;
}

/** A trailer is shorter than this. */
const TRAILER_BYTES = 64 * 1024;
const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 10;

/** Writes the file of one part. The file gets its name when the part is complete and on the disk. */
export class PartWriter {
  readonly #of: string;
  readonly #out: OutputFile;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(file: string, of: string) {
    this.#of = of;
    this.#out = new OutputFile(file, { replace: true });
  }

  /** Writes a result: a line with its line end. */
  write(line: string): void {
    this.#out.write(line);
    this.#hash.update(line);
    this.#bytes += Buffer.byteLength(line);
  }

  /** Completes the part: writes the trailer and renames the file. */
  commit(account: PartAccount): void {
    const trailer: PartTrailer = { of: this.#of, bytes: this.#bytes, sha256: this.#hash.digest('hex'), account };
    commitWith(this.#out, `${JSON.stringify(trailer)}\n`);
  }

  /** Deletes what was written. */
  discard(): void {
    this.#out.discard();
  }
}

/** Reads the trailer of a part's file, and checks that the results are those that were written. */
export function readTrailer(file: string, of: string): PartTrailer | Unusable {
  return readBack(file, (descriptor, size) => {
    const end = readAt(descriptor, Math.max(0, size - TRAILER_BYTES), TRAILER_BYTES);
    if (end.at(-1) !== NEWLINE) return 'damaged';
    const begin = end.lastIndexOf(NEWLINE, end.length - 2) + 1;
    const trailer = JSON.parse(end.toString('utf8', begin)) as PartTrailer;
    const isWhole =
      hasFields(trailer, { of: (name) => name === of, bytes: isCount, sha256: isText, account: isAccount }) &&
      trailer.bytes === size - (end.length - begin) &&
      trailer.sha256 === sha256Of(descriptor, trailer.bytes);
    return isWhole ? trailer : 'damaged';
  });
}

function sha256Of(descriptor: number, bytes: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    hash.update(readAt(descriptor, at, Math.min(PIECE_BYTES, bytes - at)));
  }
  return hash.digest('hex');
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
