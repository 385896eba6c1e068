/** How long something stays loaded when nobody uses it any more, in ms. */
const GRACE_MS = 5000;

/** Something loaded that its users share. */
interface Entry<T> {
  readonly value: T;
  users: number;
  /** Set while it waits for its next user. */
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/** One use of something shared. */
export interface Use<T> {
  readonly value: T;
  /** Ends the use. It may be called more than once. */
  readonly end: () => void;
}

/** Each call frees something that nobody uses. */
const unused = new Map<object, () => unknown>();

/**
 * What is loaded once and used by many, such as the weights of a stage on the device. It is freed some time after the last use
 * has ended, so that pipes which follow each other need not load it again.
 */
export class SharedPool<T> {
  readonly #entries = new WeakMap<object, Set<Entry<T>>>();
  readonly #free: (value: T) => unknown;

  constructor(free: (value: T) => unknown) {
    this.#free = free;
  }

  /**
   * Returns what is loaded for the owner and fits, or loads it. `load` gets a function to call when what it loaded must not be
   * given to new users any more: because loading failed, or because its GPU was lost.
   */
  use(owner: object, fits: (value: T) => boolean, load: (forget: () => unknown) => T): Use<T> {
    const entries = this.#entries.get(owner) ?? new Set();
    this.#entries.set(owner, entries);
    let entry = [...entries].find(({ value }) => fits(value));
    if (!entry) {
      const made: Entry<T> = { value: load(() => entries.has(made) && this.#settle(entries, made, false)), users: 0 };
      entries.add((entry = made));
    }
    const used = entry;
    used.users++;
    this.#wake(used);
    let ended = false;
    return {
      value: used.value,
      end: () => {
        if (ended) return;
        ended = true;
        used.users--;
        this.#settle(entries, used, entries.has(used));
      },
    };
  }

  /** Frees an entry without users: at once, or later if it is to be kept. */
  #settle(entries: Set<Entry<T>>, entry: Entry<T>, keep: boolean): void {
    if (!keep) entries.delete(entry);
    if (entry.users > 0) return;
    this.#wake(entry);
    const free = () => {
      this.#wake(entry);
      entries.delete(entry);
      return this.#free(entry.value);
    };
    if (!keep) {
      free();
      return;
    }
    // One waits at most: pictures of ever new sizes would fill the memory.
    for (const other of entries) if (other.users === 0 && other !== entry) this.#settle(entries, other, false);
    unused.set(entry, free);
    entry.timer = setTimeout(free, GRACE_MS);
    // It does not keep Node's process running.
    (entry.timer as { unref?(): void }).unref?.();
  }

  #wake(entry: Entry<T>): void {
    clearTimeout(entry.timer);
    unused.delete(entry);
  }
}

/**
 * Frees the models that no pipe uses. Resolves when they are freed.
 *
 * Pipes that run the same stages share one copy of their weights. When the last of these pipes ends, the copy stays loaded for
 * 5 seconds, so that the next pipe need not load it again. Call this to get the memory back earlier, or in a test that
 * compares `tf.memory()`.
 *
 * @see {@link useEngine}
 *
 * @example
 * await lastValueFrom(source.pipe(net, classify()));
 * await releaseModels();
 */
export async function releaseModels(): Promise<void> {
  await Promise.all([...unused.values()].map((free) => free()));
}
