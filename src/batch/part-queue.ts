import type { FilePart } from './file-part.ts';
import type { JobFile } from './job-file.ts';

/** A part that a worker is to label. */
export interface QueuedPart {
  readonly file: JobFile;
  readonly part: FilePart;
}

/** The parts that wait for a worker, in order. It limits how many are labelled at once, by workers and by decoders' memory. */
export class PartQueue {
  readonly #workers: number;
  readonly #decoderBytes: number;
  #waiting: QueuedPart[] = [];
  #running = 0;
  #usedBytes = 0;
  #hasBegun = false;
  #isComplete = false;

  /** `decoderBytes`: what decoders of large videos may take together; a single one may take more. */
  constructor(workers: number, decoderBytes: number) {
    this.#workers = workers;
    this.#decoderBytes = Math.max(0, decoderBytes);
  }

  /** How many parts wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether no part waits and none is being labelled. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0;
  }

  add(queued: QueuedPart): void {
    this.#waiting.push(queued);
  }

  /** Adds a part before all others. */
  addFirst(queued: QueuedPart): void {
    this.#waiting.unshift(queued);
  }

  /** Says that all files are planned. */
  complete(): void {
    this.#isComplete = true;
  }

  /** Removes the parts of a file that wait. */
  drop(file: JobFile): void {
    this.#waiting = this.#waiting.filter((queued) => queued.file !== file);
  }

  /**
   * Takes the next part, if a worker is free and its decoder fits into the memory. A small video does not go before a large
   * one that waits for memory. Call `release` when the part has ended.
   */
  take(): QueuedPart | undefined {
    const at = this.#next();
    const next = this.#waiting[at];
    if (!next || this.#running >= this.#workers) return undefined;
    const { decoderBytes } = next.file;
    if (this.#running > 0 && this.#usedBytes + decoderBytes > this.#decoderBytes) return undefined;
    this.#waiting.splice(at, 1);
    this.#hasBegun = true;
    this.#running++;
    this.#usedBytes += decoderBytes;
    return next;
  }

  /**
   * Parts go in order, so that results come in order, until each worker has about two left: then the longest one is next, so that all
   * workers end at about the same time. The first part of a job is first, because its results are waited for.
   */
  #next(): number {
    const parts = this.#waiting;
    if (!this.#hasBegun || !this.#isComplete || this.#workers === 1 || parts.length > 2 * this.#workers) return 0;
    const frames = parts.map(({ part: { expected } }) => expected?.frames ?? Infinity);
    return Math.max(0, frames.indexOf(Math.max(...frames)));
  }

  /** Frees the worker and the memory of a part that has ended. */
  release({ file }: QueuedPart): void {
    this.#running--;
    this.#usedBytes -= file.decoderBytes;
  }
}
