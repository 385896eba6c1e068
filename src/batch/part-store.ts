import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { commitWith } from '../sinks/files/commit-with.ts';
import { OutputFile } from '../sinks/files/output-file.ts';
import { makeFolders } from '../disk/sync.ts';
import { areParts, partName, type FilePart } from './file-part.ts';
import type { Input } from './inputs.ts';
import type { PartAccount } from './part-account.ts';
import { PartWriter, readResults, readTrailer } from './part-file.ts';
import { readBack, readText, type Unusable } from './read-back.ts';

/** A plan is smaller than this. */
const PLAN_BYTES = 64 * 1024 * 1024;

/** How a file was cut. */
interface StoredPlan {
  readonly parts: readonly Omit<FilePart, 'source'>[];
  readonly sha256: string;
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

  /** Reads the parts of a file by its index, where they are stored. */
  readPlan(file: number, input: Input): readonly FilePart[] | Unusable {
    return readBack(this.#planFile(file), (descriptor, size) => {
      const { parts, sha256 } = JSON.parse(readText(descriptor, size, PLAN_BYTES)) as Partial<StoredPlan>;
      if (!areParts(parts, file) || sha256 !== this.#sha256Of(parts, input)) return 'damaged';
      return parts.map((part) => ({ ...part, source: input.name }));
    });
  }

  /** Stores the parts of a file, so that a later run cuts the file in the same way. */
  writePlan(file: number, given: readonly FilePart[], input: Input): void {
    // The file may be elsewhere when the job goes on.
    const parts = given.map(({ source: _source, ...part }) => part);
    commitWith(
      new OutputFile(this.#planFile(file), { replace: true }),
      JSON.stringify({ parts, sha256: this.#sha256Of(parts, input) }),
    );
  }

  /** Returns the account of a part of this file, where the part is complete. */
  account(part: FilePart, input: Input): PartAccount | Unusable {
    const trailer = readTrailer(this.#partFile(part), this.#nameOf(part, input));
    return typeof trailer === 'string' ? trailer : trailer.account;
  }

  /** Yields the result lines of a complete part, without line ends. Throws `SluiceError` (`job`) if it is not complete. */
  async *lines(part: FilePart, input: Input): AsyncGenerator<string> {
    const file = this.#partFile(part);
    const trailer = readTrailer(file, this.#nameOf(part, input));
    if (typeof trailer === 'string') {
      throw new SluiceError('job', `${file} was deleted or damaged while the job ran: run the job again`);
    }
    yield* readResults(file, trailer);
  }

  /** Begins to write a part of this file. */
  write(part: FilePart, input: Input): PartWriter {
    return new PartWriter(this.#partFile(part), this.#nameOf(part, input));
  }

  /** The name of a part among those of all jobs, and of all states of its file. */
  #nameOf(part: FilePart, input: Input): string {
    return `${this.#stateOf(input)} ${partName(part)}`;
  }

  #stateOf({ bytes, modified }: Input): string {
    return `${path.basename(this.folder)} ${bytes} ${modified}`;
  }

  #sha256Of(parts: readonly object[], input: Input): string {
    return createHash('sha256').update(this.#stateOf(input)).update(JSON.stringify(parts)).digest('hex');
  }

  #partFile(part: FilePart): string {
    return path.join(this.folder, `${partName(part)}.ndjson`);
  }

  #planFile(file: number): string {
    return path.join(this.folder, `${String(file).padStart(6, '0')}.plan.json`);
  }
}
