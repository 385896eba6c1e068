import type { Capacity } from '../../flow/gate/policy.ts';

/** Which of the frames that come while it is not asked a source keeps: all of them, the newest one, or none. */
export type Kept = 'all' | 'newest' | 'none';

/** Which frames are kept under a policy. */
export function keptUnder({ lossy, replace }: Capacity): Kept {
  return !lossy ? 'all' : replace ? 'newest' : 'none';
}

/** What becomes of the frames. */
export interface Outlets<T> {
  give(frame: T): void;
  drop(frame: T, cause: 'replaced' | 'full'): void;
}

/** The frames of a source that is read whether it is asked or not: gives one for each time it is asked, and drops others. */
export class KeptFrames<T> {
  readonly #outlets: Outlets<T>;
  readonly #waiting: T[] = [];
  #kept: Kept;
  #asked = 0;

  constructor(kept: Kept, outlets: Outlets<T>) {
    this.#kept = kept;
    this.#outlets = outlets;
  }

  /** Whether the source must be read on now. */
  get wantsMore(): boolean {
    return this.#kept !== 'all' || this.#asked > 0;
  }

  /** How often it was asked without giving a frame yet. */
  get asked(): number {
    return this.#asked;
  }

  keep(kept: Kept): void {
    this.#kept = kept;
    this.#dropExcess();
  }

  ask(): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#asked++;
    else this.#outlets.give(first);
  }

  arrive(frame: T): void {
    if (this.#asked > 0) {
      this.#asked--;
      this.#outlets.give(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#dropExcess();
  }

  #dropExcess(): void {
    if (this.#kept === 'all') return;
    const [places, cause] = this.#kept === 'newest' ? ([1, 'replaced'] as const) : ([0, 'full'] as const);
    for (const frame of this.#waiting.splice(0, Math.max(0, this.#waiting.length - places))) {
      this.#outlets.drop(frame, cause);
    }
  }
}
