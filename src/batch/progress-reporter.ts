import type { FilePart } from './file-part.ts';
import type { JobEvent } from './job-event.ts';

const INTERVAL_MS = 200;

/** Counts a part's frames in a worker, and sends the counts to the main process every 200 ms. */
export class ProgressReporter {
  /** The frames that were counted and not sent yet. */
  rest = { frames: 0, labelled: 0 };
  readonly #part: FilePart;
  #lastSent = performance.now();

  constructor(part: FilePart) {
    this.#part = part;
  }

  /** Counts a decoded frame (`frames`) or a labelled one. */
  count(what: 'frames' | 'labelled'): void {
    this.rest[what]++;
    const now = performance.now();
    if (now - this.#lastSent < INTERVAL_MS) return;
    this.#lastSent = now;
    const { file, part } = this.#part;
    process.send?.({ type: 'progress', file, part, ...this.rest } satisfies JobEvent);
    this.rest = { frames: 0, labelled: 0 };
  }
}
