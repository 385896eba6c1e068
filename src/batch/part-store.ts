import {
  closeSync,
  createReadStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { OutputFile } from '../sinks/files/output-file.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import type { PartAccount } from './part-labelling.ts';
import { nameOf, type FilePart } from './file-part.ts';

/** What is kept of a part that is done, as the last line of its file. */
interface Trailer {
  /** How many bytes of results come before it. */
  readonly bytes: number;
  readonly account: PartAccount;
}

/** What was decided of a file. */
export interface KeptPlan {
  readonly parts: readonly FilePart[];
  readonly media?: OpenMedia | undefined;
}

const TRAILER_BYTES = 64 * 1024;

/**
 * A folder of parts that are done: a file each, results as lines and an account at the end. A file has its name when it is
 * whole and on the disk, so a part is done or it is not. Any process that sees the folder can add to it.
 */
export class PartStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, and clears away what was being written when a run was cut off. */
  open(): void {
    attempt(this.folder, () => {
      mkdirSync(this.folder, { recursive: true });
      for (const name of readdirSync(this.folder)) {
        if (name.endsWith('.tmp')) rmSync(path.join(this.folder, name), { force: true });
      }
    });
  }

  /** A file's parts, if they were decided on, and what else is known of it. */
  plan(file: number): KeptPlan | undefined {
    try {
      return JSON.parse(readFileSync(this.#planFile(file), 'utf8')) as KeptPlan;
    } catch {
      return undefined;
    }
  }

  keepPlan(file: number, plan: KeptPlan): void {
    const out = new OutputFile(this.#planFile(file), { durable: true });
    finishing(out, () => {
      out.write(JSON.stringify({ parts: plan.parts, media: plan.media } satisfies KeptPlan));
      out.commit();
    });
  }

  /** The account of a part that is done; undefined where it is not, also where its file was damaged since. */
  account(filePart: FilePart): PartAccount | undefined {
    return this.#trailer(filePart)?.account;
  }

  /** The result lines of a part that is done, without their line ends. */
  async *lines(filePart: FilePart): AsyncGenerator<string> {
    const bytes = this.#trailer(filePart)?.bytes;
    if (bytes === undefined)
      throw new SluiceError('job', `${this.#file(filePart)} is gone or damaged: run the job again`);
    if (bytes === 0) return;
    const stream = createReadStream(this.#file(filePart), { end: bytes - 1 });
    try {
      yield* createInterface({ input: stream, crlfDelay: Infinity });
    } finally {
      stream.destroy();
    }
  }

  /** Begins a part anew. */
  write(filePart: FilePart): PartWriter {
    return new PartWriter(this.#file(filePart));
  }

  #trailer(filePart: FilePart): Trailer | undefined {
    try {
      return readTrailer(this.#file(filePart));
    } catch {
      return undefined;
    }
  }

  #file(filePart: FilePart): string {
    return path.join(this.folder, `${nameOf(filePart)}.ndjson`);
  }

  #planFile(file: number): string {
    return path.join(this.folder, `${String(file).padStart(6, '0')}.plan.json`);
  }
}

/** A part that is being written. */
export class PartWriter {
  readonly #out: OutputFile;
  #bytes = 0;

  constructor(file: string) {
    this.#out = new OutputFile(file, { durable: true });
  }

  write(line: string): void {
    this.#out.write(line);
    this.#bytes += Buffer.byteLength(line);
  }

  /** The part is done. */
  commit(account: PartAccount): void {
    const trailer: Trailer = { bytes: this.#bytes, account };
    finishing(this.#out, () => {
      this.#out.write(`${JSON.stringify(trailer)}\n`);
      this.#out.commit();
    });
  }

  discard(): void {
    this.#out.discard();
  }
}

function readTrailer(file: string): Trailer | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, TRAILER_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    if (buffer.at(-1) !== 10) return undefined;
    const begin = buffer.lastIndexOf(10, buffer.length - 2) + 1;
    const trailer = JSON.parse(buffer.toString('utf8', begin)) as Trailer;
    return trailer.bytes === size - (buffer.length - begin) ? trailer : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function finishing(out: OutputFile, act: () => void): void {
  try {
    act();
  } catch (error) {
    out.discard();
    throw error;
  }
}

function attempt(folder: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    throw new SluiceError('output', `cannot write into ${folder}: ${messageOf(cause)}`, { cause });
  }
}
