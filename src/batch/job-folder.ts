import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { messageOf, SluiceError } from '../errors/errors.ts';
import { isDraftOf, OutputFile } from '../sinks/files/output-file.ts';
import { clearDrafts, lockFolder } from './job-lock.ts';
import { differences, digestOf, type Manifest } from './manifest.ts';
import { PartStore } from './part-store.ts';

const MANIFEST = 'manifest.json';
const MOST_DIFFERENCES = 5;

/** The folder of one job: what it is (its manifest), who works on it, and the parts that are done. */
export class JobFolder {
  readonly path: string;
  readonly #unlock: () => void;

  /** Makes the folder where there is none, and locks it; throws `SluiceError` (`locked`, `output`). */
  constructor(folder: string) {
    this.path = folder;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw new SluiceError('output', `cannot make the job folder ${folder}: ${messageOf(cause)}`, { cause });
    }
    this.#unlock = lockFolder(folder);
  }

  /**
   * The parts of this job that are done. A folder of another job is refused (`SluiceError`, `other-job`) with what is
   * different; `fresh` throws away what is there.
   */
  open(manifest: Manifest, { fresh = false }: { readonly fresh?: boolean } = {}): PartStore {
    const file = path.join(this.path, MANIFEST);
    const before = this.#read(file, fresh);
    if (before && fresh) this.#clear(before);
    else if (before) refuseOther(this.path, differences(before, manifest));
    if (!before || fresh) {
      const out = new OutputFile(file, { durable: true });
      out.write(`${JSON.stringify(manifest, null, 1)}\n`);
      out.commit();
    }
    const store = new PartStore(path.join(this.path, digestOf(manifest)));
    store.open();
    return store;
  }

  close(): void {
    this.#unlock();
  }

  /** The job is over and its results are elsewhere: nothing of it stays, and nothing else goes. */
  remove(): void {
    const manifest = this.#read(path.join(this.path, MANIFEST), true);
    if (manifest) this.#clear(manifest);
    clearDrafts(this.path);
    for (const name of readdirSync(this.path)) {
      // Only who has the lock writes a manifest: another's was killed while it did.
      if (isDraftOf(MANIFEST, name)) rmSync(path.join(this.path, name), { force: true });
    }
    this.#unlock();
    try {
      rmdirSync(this.path);
    } catch {
      // There is something in it that is not ours.
    }
  }

  #read(file: string, fresh: boolean): Manifest | undefined {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
    try {
      return JSON.parse(text) as Manifest;
    } catch (cause) {
      if (fresh) return undefined;
      throw new SluiceError('other-job', `${file} is damaged: start over with --fresh`, { cause });
    }
  }

  #clear(before: Manifest): void {
    rmSync(path.join(this.path, MANIFEST), { force: true });
    rmSync(path.join(this.path, digestOf(before)), { recursive: true, force: true });
  }
}

function refuseOther(folder: string, found: readonly string[]): void {
  if (found.length === 0) return;
  const named = found.slice(0, MOST_DIFFERENCES).join('; ');
  const more = found.length > MOST_DIFFERENCES ? `; and ${found.length - MOST_DIFFERENCES} more` : '';
  throw new SluiceError(
    'other-job',
    `${folder} is of another job: ${named}${more}. Put it right, or start over with --fresh`,
  );
}
