import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { commitWith } from '../sinks/files/commit-with.ts';
import { isDraftOf, OutputFile } from '../sinks/files/output-file.ts';
import { makeFolders } from '../disk/sync.ts';
import { clearDrafts, lockFolder } from './job-lock.ts';
import { differences, digestOf, isManifest, type Manifest } from './manifest.ts';
import { PartStore } from './part-store.ts';
import { readBack, readText, type Unusable } from './read-back.ts';

const MANIFEST = 'manifest.json';
/** A manifest is smaller than this. */
const MANIFEST_BYTES = 256 * 1024 * 1024;
const MOST_DIFFERENCES = 5;

/** The folder of one job, with its manifest, its lock, and the parts that are complete. */
export class JobFolder {
  readonly path: string;
  /** Whether the manifest that it had was damaged, and is written anew. */
  isDamaged = false;
  readonly #unlock: () => void;

  /** Makes the folder if it does not exist, and locks it. Throws `SluiceError` (`locked`, `output`). */
  constructor(folder: string) {
    this.path = folder;
    try {
      makeFolders(folder);
    } catch (cause) {
      throw new SluiceError('output', `cannot make the job folder ${folder}: ${messageOf(cause)}`, { cause });
    }
    this.#unlock = lockFolder(folder);
  }

  /**
   * Opens the store of complete parts. If the folder holds another job, throws `SluiceError` (`other-job`) with the
   * differences, or with `fresh` deletes the other job.
   */
  open(manifest: Manifest, { fresh = false }: { readonly fresh?: boolean } = {}): PartStore {
    const file = path.join(this.path, MANIFEST);
    const before = readManifest(file);
    const isJob = typeof before !== 'string';
    if (isJob && fresh) this.#clear(before);
    else if (isJob) checkSameJob(this.path, differences(before, manifest));
    this.isDamaged = before === 'damaged' && !fresh;
    const text = JSON.stringify(manifest, null, 1);
    if (!isJob || fresh || JSON.stringify(before, null, 1) !== text) {
      commitWith(new OutputFile(file, { replace: true }), `${text}\n`);
    }
    const store = new PartStore(path.join(this.path, digestOf(manifest)));
    store.open();
    return store;
  }

  /** Unlocks the folder, for another run to resume the job. */
  close(): void {
    this.#unlock();
  }

  /** Deletes the job, and the folder if nothing else is in it. */
  remove(): void {
    const manifest = readManifest(path.join(this.path, MANIFEST));
    if (typeof manifest !== 'string') this.#clear(manifest);
    clearDrafts(this.path);
    for (const name of readdirSync(this.path)) {
      // Only the holder of the lock writes a manifest, so this draft is of a process that was killed.
      if (isDraftOf(MANIFEST, name)) rmSync(path.join(this.path, name), { force: true });
    }
    this.#unlock();
    try {
      rmdirSync(this.path);
    } catch {
      // The folder has files that are not of the job.
    }
  }

  #clear(before: Manifest): void {
    rmSync(path.join(this.path, MANIFEST), { force: true });
    rmSync(path.join(this.path, digestOf(before)), { recursive: true, force: true });
  }
}

function readManifest(file: string): Manifest | Unusable {
  return readBack(file, (descriptor, size) => {
    const manifest: unknown = JSON.parse(readText(descriptor, size, MANIFEST_BYTES));
    return isManifest(manifest) ? manifest : 'damaged';
  });
}

function checkSameJob(folder: string, found: readonly string[]): void {
  if (found.length === 0) return;
  const named = found.slice(0, MOST_DIFFERENCES).join('; ');
  const more = found.length > MOST_DIFFERENCES ? `; and ${found.length - MOST_DIFFERENCES} more` : '';
  throw new SluiceError(
    'other-job',
    `${folder} belongs to another job: ${named}${more}. Use the same files and options, or start over with --fresh`,
  );
}
