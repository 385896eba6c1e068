import { SluiceError, SourceError } from '../errors/errors.ts';
import { picked } from '../errors/picked.ts';
import { Media, type OpenMedia } from '../sources/ffmpeg/media.ts';
import { Condition } from './condition.ts';
import { framesOf, wholeFile, type FilePart } from './file-part.ts';
import type { Input } from './inputs.ts';
import type { JobEvent } from './job-event.ts';
import { JobFile } from './job-file.ts';
import type { LabelOptions } from './label-options.ts';
import { whyNoRoom, type MemoryBudget } from './memory.ts';
import type { PartAccount } from './part-account.ts';
import { PartQueue, type QueuedPart } from './part-queue.ts';
import type { PartStore } from './part-store.ts';
import { planFile, type FilePlan } from './plan-file.ts';
import type { Unusable } from './read-back.ts';
import type { PartOutcome, PartTask } from './worker-task.ts';

/** What labels parts, such as the worker processes of this machine. */
export interface PartRunner {
  /** How many parts it labels at once. */
  readonly size: number;
  run(task: PartTask): Promise<PartOutcome>;
}

/** What a {@link JobRun} works with. */
export interface JobRunOptions {
  readonly inputs: readonly Input[];
  readonly options: LabelOptions;
  readonly store: PartStore;
  readonly runner: PartRunner;
  /** How many bytes the decoders of large videos may take together. A single one may take more. */
  readonly decoderBytes: number;
  /** How many bytes the decoder of one picture may take. */
  readonly pictureBytes: MemoryBudget['pictureBytes'];
  /** The most pixels that a picture or a frame may have. */
  readonly maxPixels: number;
  /** How many multiply-accumulates the model has for a frame; 0 if they are not known. */
  readonly macs: number;
  /** The plan of the first file, if it has been started already. */
  readonly firstPlan?: Promise<FilePlan> | undefined;
  readonly onEvent: (event: JobEvent) => void;
  readonly signal: AbortSignal;
}

/** One run of a job: it plans each file, has each part labelled that the store lacks, and yields the results in order. */
export class JobRun {
  readonly #options: JobRunOptions;
  readonly #files: readonly JobFile[];
  readonly #queue: PartQueue;
  /** Notified whenever a file, the queue or `#planned` has changed. */
  readonly #changed = new Condition();
  /** How many files are planned. */
  #planned = 0;
  #fatal: SluiceError | undefined;

  constructor(options: JobRunOptions) {
    this.#options = options;
    this.#files = options.inputs.map((input, i) => new JobFile(i, input));
    this.#queue = new PartQueue(options.runner.size, options.decoderBytes);
  }

  /** Resolves when every file is labelled or has failed. Rejects if the job cannot go on, or with the signal's reason. */
  async work(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#changed.notify();
    signal.addEventListener('abort', onAbort);
    try {
      await Promise.all([this.#planFiles(), this.#runParts()]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Yields the result lines in the order of the inputs, each as soon as it and all before it are there. A file that fails
   * during `work` may have yielded the results of its first parts. After `work`, it yields none.
   */
  async *lines(): AsyncGenerator<string> {
    for (const file of this.#files) {
      let yielded = 0;
      for (let i = 0; ; i++) {
        const part = await this.#labelledPart(file, i);
        if (!part) break;
        // If the file was cut before, the results of its first parts are the first results of the whole file.
        let skip = part.expected ? 0 : yielded;
        for await (const line of this.#options.store.lines(part, file.input)) {
          if (skip-- > 0) continue;
          yielded++;
          yield line;
        }
        if (!part.expected) break;
      }
    }
  }

  /** Waits for part `i` of a file, or for all of it if it is one part. Undefined if there are no more parts. */
  async #labelledPart(file: JobFile, i: number): Promise<FilePart | undefined> {
    const { part } = await this.#changed.until(() => {
      this.#throwIfOver();
      return file.labelledPart(i);
    });
    return part;
  }

  /** Plans one file after the other, so far ahead that workers need not wait for a plan. */
  async #planFiles(): Promise<void> {
    for (const file of this.#files) {
      await this.#changed.until(() => {
        this.#throwIfOver();
        return this.#queue.waiting <= 2 * this.#options.runner.size || undefined;
      });
      await this.#planFile(file);
      this.#planned++;
      if (this.#planned === this.#files.length) this.#queue.complete();
      this.#changed.notify();
    }
  }

  async #planFile(file: JobFile): Promise<void> {
    const { store, onEvent } = this.#options;
    const { index } = file;
    const stored = store.readPlan(index, file.input);
    if (stored === 'damaged') onEvent({ type: 'damaged', file: index });
    const isStored = typeof stored !== 'string';
    const plan: FilePlan = isStored ? { parts: stored, frames: framesOf(stored) } : await this.#makePlan(index);
    const { parts, frames, skipping } = plan;
    const accounts = this.#accountsOf(file, parts);
    const isToBeLabelled = accounts.some((account) => typeof account === 'string');
    file.media = isStored && isToBeLabelled ? await this.#mediaOf(file) : plan.media;
    if (!isStored && parts.length > 1) store.writePlan(index, parts, file.input);
    onEvent({ type: 'planned', file: index, parts: parts.length, ...picked({ frames, skipping }) });
    this.#addParts(file, parts, accounts);
  }

  /** What the store holds of each part. */
  #accountsOf({ input }: JobFile, parts: readonly FilePart[]): readonly (PartAccount | Unusable)[] {
    return parts.map((part) => this.#options.store.account(part, input));
  }

  /** Of a file that was planned in an earlier run. It may have moved since, and so may ffmpeg: both are looked at anew. */
  async #mediaOf({ input }: JobFile): Promise<OpenMedia | undefined> {
    const { options, maxPixels, signal } = this.#options;
    try {
      return await new Media(input.location ?? input.name, { ...options, maxPixels }).open(signal);
    } catch (error) {
      // The worker that labels the file reports the reason.
      if (error instanceof SourceError) return undefined;
      throw error;
    }
  }

  #makePlan(index: number): Promise<FilePlan> {
    const { inputs, options, maxPixels, macs, firstPlan, signal } = this.#options;
    return (index === 0 && firstPlan) || planFile(index, inputs, { ...options, maxPixels, macs }, signal);
  }

  /** Puts the parts of a file into the queue, except those that an earlier run labelled. */
  #addParts(file: JobFile, parts: readonly FilePart[], accounts: readonly (PartAccount | Unusable)[]): void {
    const { onEvent } = this.#options;
    file.plan(parts);
    parts.forEach((part, i) => {
      const account = accounts[i] ?? 'missing';
      if (typeof account === 'string') {
        this.#queue.add({ file, part });
        return;
      }
      file.markLabelled(part);
      const noWork = { times: [], rest: { frames: 0, labelled: 0 }, wallMs: 0, writeMs: 0 };
      onEvent({ type: 'part', file: file.index, part: part.part, reused: true, account, ...noWork });
    });
    if (accounts.includes('damaged')) onEvent({ type: 'damaged', file: file.index });
    this.#reportIfComplete(file);
  }

  /** Gives parts to the workers until all files are planned and no part is left. */
  async #runParts(): Promise<void> {
    for (;;) {
      const next = await this.#changed.until(() => {
        this.#throwIfOver();
        const isFinished = this.#planned === this.#files.length && this.#queue.isIdle;
        return isFinished ? 'finished' : this.#queue.take();
      });
      if (next === 'finished') return;
      void this.#runPart(next);
    }
  }

  async #runPart(queued: QueuedPart): Promise<void> {
    const { runner, options, maxPixels, store, signal } = this.#options;
    const { file, part } = queued;
    const { input, media } = file;
    this.#changed.notify();
    const known = media ? { media } : {};
    const limits = { maxPixels, mayBeLarge: file.pictureBytes !== undefined };
    const outcome = await runner.run({ type: 'part', options, part, input, ...known, ...limits, folder: store.folder });
    this.#queue.release(queued);
    // The outcome of a part does not count if the file has another plan by now.
    if (file.has(part) && !signal.aborted) this.#partEnded(queued, outcome);
    this.#changed.notify();
  }

  #partEnded({ file, part }: QueuedPart, outcome: PartOutcome): void {
    const { onEvent, store } = this.#options;
    const { index } = file;
    if (outcome.type === 'done') {
      file.markLabelled(part);
      onEvent({ ...outcome, type: 'part', file: index, part: part.part, reused: false });
      this.#reportIfComplete(file);
      return;
    }
    if (outcome.type === 'large') {
      const why = whyNoRoom({ ...outcome, name: part.source }, this.#options.pictureBytes);
      if (why === undefined) {
        file.pictureBytes = outcome.bytes;
        this.#queue.addFirst({ file, part });
        return;
      }
      outcome = { type: 'failed', code: 'too-large', message: why, retry: false, fatal: false };
    }
    this.#queue.drop(file);
    file.dropPlan();
    if (outcome.type === 'frames-differ') {
      const whole = wholeFile(index, part.source);
      store.writePlan(index, whole, file.input);
      onEvent({ type: 'again', file: index });
      this.#addParts(file, whole, this.#accountsOf(file, whole));
    } else if (outcome.fatal) {
      this.#fatal = new SluiceError(outcome.code, outcome.message);
    } else {
      file.failure = outcome.message;
      onEvent({ type: 'failed', file: index, message: outcome.message });
    }
  }

  #reportIfComplete(file: JobFile): void {
    if (file.isComplete) this.#options.onEvent({ type: 'file', file: file.index });
  }

  #throwIfOver(): void {
    this.#options.signal.throwIfAborted();
    if (this.#fatal) throw this.#fatal;
  }
}
