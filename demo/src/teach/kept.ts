import type { TaughtClass } from './lesson.ts';
import { THUMBNAIL, type Example } from './messages.ts';
import type { Taught } from './use-training.ts';

/** What the browser keeps: the classes with their examples, and the model that learned them. */
export interface Kept {
  readonly version: typeof VERSION;
  readonly at: Date;
  readonly classes: readonly Pick<TaughtClass, 'name' | 'examples'>[];
  readonly taught: Taught | undefined;
  /** Whether the model has learned the classes as they are. */
  readonly isCurrent: boolean;
}

/** The version of what is kept. */
export const VERSION = 1;

const [DATABASE, STORE, KEY] = ['sluice-teach', 'lessons', 'kept'];

const NOT_HERE =
  'This browser keeps nothing for this page, as in a private window. Download the model instead, to have it later.';

/** Keeps classes and a model in this browser, in place of those from before. */
export async function keep(kept: Omit<Kept, 'version' | 'at'>): Promise<void> {
  const classes = kept.classes.map(({ name, examples }) => ({ name, examples }));
  const whole: Kept = { version: VERSION, at: new Date(), ...kept, classes };
  await inStore('readwrite', (store) => store.put(whole, KEY));
}

/** What is kept; undefined if it is nothing. Throws if another version of the page kept it, or if it is damaged. */
export async function openKept(): Promise<Kept | undefined> {
  const kept = await inStore('readonly', (store) => store.get(KEY) as IDBRequest<unknown>);
  if (kept === undefined) return undefined;
  const version = typeof kept === 'object' && kept !== null && 'version' in kept ? kept.version : undefined;
  if (version !== VERSION) {
    throw new Error('Another version of this page kept it, and this one can’t read it. Press “Forget” to make room.');
  }
  if (isKept(kept as Kept)) return kept as Kept;
  throw new Error('What is kept is damaged. Press “Forget” to make room.');
}

/** Whether something is kept, also if it can't be read. */
export async function hasKept(): Promise<boolean> {
  // A browser that keeps nothing has nothing to open. Who keeps something is told.
  return inStore('readonly', (store) => store.count(KEY)).then(
    (count) => count > 0,
    () => false,
  );
}

/** Removes what is kept. */
export async function forget(): Promise<void> {
  await inStore('readwrite', (store) => store.delete(KEY));
}

function isKept({ classes, taught }: Kept): boolean {
  const size = classes?.find?.(({ examples }) => examples?.length > 0)?.examples[0]?.vector?.length;
  const isExample = ({ vector, thumbnail }: Example) =>
    vector instanceof Float32Array &&
    vector.length === size &&
    thumbnail instanceof Uint8ClampedArray &&
    thumbnail.length === 4 * THUMBNAIL ** 2;
  return (
    Array.isArray(classes) &&
    classes.length >= 2 &&
    new Set(classes.map(({ name }) => name)).size === classes.length &&
    classes.every(({ name, examples }) => typeof name === 'string' && examples.every(isExample)) &&
    (taught === undefined || taught.file instanceof Uint8Array)
  );
}

/** Runs a request in a transaction. Resolves when it is written. */
async function inStore<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      const fail = () => reject(described(transaction.error ?? request.error));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = fail;
      transaction.onerror = fail;
    });
  } catch (thrown) {
    throw described(thrown);
  } finally {
    database.close();
  }
}

async function openDatabase(): Promise<IDBDatabase> {
  // Browsers that block the storage of a page throw, have none, or fail.
  try {
    return await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error(NOT_HERE));
    });
  } catch (thrown) {
    throw isNamed(thrown, 'QuotaExceededError') || isNamed(thrown, 'VersionError')
      ? described(thrown)
      : new Error(NOT_HERE, { cause: thrown });
  }
}

function described(thrown: unknown): Error {
  if (isNamed(thrown, 'QuotaExceededError')) {
    return new Error('The browser has no room for it. Remove examples, or free some space, and try again.', {
      cause: thrown,
    });
  }
  if (isNamed(thrown, 'VersionError')) {
    return new Error('A newer version of this page kept it. Reload the page.', { cause: thrown });
  }
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

const isNamed = (thrown: unknown, name: string) => thrown instanceof DOMException && thrown.name === name;
