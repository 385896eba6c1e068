import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { OutputFile } from '../sinks/files/output-file.ts';
import { makeFolders } from '../disk/sync.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import { partName, type FilePart } from './file-part.ts';
import type { PartAccount } from './part-account.ts';
import { commitWith, PartWriter, readResults, readTrailer } from './part-file.ts';

/** How a file was cut, as stored for later runs. */
export interface StoredPlan {
  readonly parts: readonly FilePart[];
  /** What ffprobe said of the file. */
  readonly media?: OpenMedia | undefined;
}

/**
 * A folder with a file for each complete part: its results as lines, then its account. A part's file appears under its name
 * when it is complete, so there are no half-written parts. Several processes can write parts into one folder.
 */
export class PartStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, and deletes files that an interrupted run did not complete. Throws `SluiceError` (`output`). */
  open(): void {
    try {
      makeFolders(this.folder);
      for (const name of readdirSync(this.folder)) {
        if (name.endsWith('.tmp')) rmSync(path.join(this.folder, name), { force: true });
      }
    } catch (cause) {
      throw new SluiceError('output', `cannot write into ${this.folder}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Reads the plan of a file by its index. Undefined if none is stored. */
  readPlan(file: number): StoredPlan | undefined {
    try {
      return JSON.parse(readFileSync(this.#planFile(file), 'utf8')) as StoredPlan;
    } catch {
      return undefined;
    }
  }

  /** Stores the plan of a file, so that a later run cuts the file in the same way. */
  writePlan(file: number, { parts, media }: StoredPlan): void {
    const out = new OutputFile(this.#planFile(file));
    commitWith(out, JSON.stringify({ parts, media } satisfies StoredPlan));
  }

  /** Returns the account of a complete part. Undefined if the part is not complete or its file is damaged. */
  account(part: FilePart): PartAccount | undefined {
    return readTrailer(this.#partFile(part))?.account;
  }

  /** Yields the result lines of a complete part, without line ends. Throws `SluiceError` (`job`) if it is not complete. */
  async *lines(part: FilePart): AsyncGenerator<string> {
    const file = this.#partFile(part);
    const trailer = readTrailer(file);
    if (!trailer) {
      throw new SluiceError('job', `${file} was deleted or damaged while the job ran: run the job again`);
    }
    yield* readResults(file, trailer);
  }

  /** Begins to write a part. */
  write(part: FilePart): PartWriter {
    return new PartWriter(this.#partFile(part));
  }

  #partFile(part: FilePart): string {
    return path.join(this.folder, `${partName(part)}.ndjson`);
  }

  #planFile(file: number): string {
    return path.join(this.folder, `${String(file).padStart(6, '0')}.plan.json`);
  }
}
