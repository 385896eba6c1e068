import { SluiceError } from '../errors/errors.ts';
import { Condition } from './condition.ts';
import type { Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import type { JobEvent } from './job-event.ts';
import { decoderBytes } from './memory.ts';
import type { PartStore } from './part-store.ts';
import { planFile, type FilePlan } from './plan-file.ts';
import { nameOf, wholeFile, type Segment } from './segment.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import type { Outcome, PartTask } from './worker-task.ts';

/** Whatever labels parts: the processes of this machine, or others that see the same folder. */
export interface PartRunner {
  /** How many parts it labels at once. */
  readonly size: number;
  run(task: PartTask): Promise<Outcome>;
}

/** What a job needs to be done. */
export interface JobSetup {
  readonly inputs: readonly Input[];
  readonly options: LabelOptions;
  readonly store: PartStore;
  readonly runner: PartRunner;
  /** Bytes that decoders of large pictures may take together; one of them may take more. */
  readonly room: number;
  /** The first file's plan, if that is on its way. */
  readonly planning?: Promise<FilePlan> | undefined;
  readonly onEvent: (event: JobEvent) => void;
  readonly signal: AbortSignal;
}

interface FileState {
  readonly input: Input;
  parts?: readonly Segment[];
  media?: OpenMedia | undefined;
  readonly done: Set<string>;
  failure?: string;
}

/** All parts of all files, each labelled once and kept in the store: what is there already is not done again. */
export class JobRun {
  readonly #setup: JobSetup;
  readonly #files: readonly FileState[];
  /** Notified whenever a file's parts, the queue or what runs has changed. */
  readonly #changed = new Condition();
  readonly #queue: { file: FileState; segment: Segment }[] = [];
  #planned = 0;
  #running = 0;
  #decoding = 0;
  #fatal: SluiceError | undefined;

  constructor(setup: JobSetup) {
    this.#setup = setup;
    this.#files = setup.inputs.map((input) => ({ input, done: new Set() }));
  }

  /** Resolves when every file is done or has failed; rejects when nothing more can be done, or with the signal's reason. */
  async work(): Promise<void> {
    const abort = (): void => this.#changed.notify();
    this.#setup.signal.addEventListener('abort', abort);
    try {
      await Promise.all([this.#plan(), this.#dispatch()]);
    } finally {
      this.#setup.signal.removeEventListener('abort', abort);
    }
  }

  /**
   * The results' lines, in the order of the inputs, as soon as they can be given. Of a file that failed nothing comes once
   * `work` is done; before, what was there of it has come.
   */
  async *lines(): AsyncGenerator<string> {
    for (const file of this.#files) {
      let given = 0;
      for (let i = 0; ; i++) {
        const segment = await this.#ready(file, i);
        if (!segment) break;
        // What was given by parts of a file that is read as a whole after all is the beginning of the whole.
        let known = segment.expected ? 0 : given;
        for await (const line of this.#setup.store.lines(segment)) {
          if (known-- > 0) continue;
          given++;
          yield line;
        }
        if (!segment.expected) break;
      }
    }
  }

  /** Part `i` of a file, or all of it where it is one part, once that is done; undefined where there are no more. */
  async #ready(file: FileState, i: number): Promise<Segment | undefined> {
    const { segment } = await this.#changed.until(() => {
      this.#throwIfOver();
      if (file.failure !== undefined) return { segment: undefined };
      const [first] = file.parts ?? [];
      if (!first) return undefined;
      const segment = first.expected ? file.parts?.[i] : first;
      return !segment || file.done.has(nameOf(segment)) ? { segment } : undefined;
    });
    return segment;
  }

  /** Plans one file after the other, so far ahead of the workers that they never wait for it. */
  async #plan(): Promise<void> {
    const { inputs, runner } = this.#setup;
    for (const [i] of inputs.entries()) {
      await this.#changed.until(() => {
        this.#throwIfOver();
        return this.#queue.length <= 2 * runner.size || undefined;
      });
      await this.#planFile(i);
      this.#planned++;
      this.#changed.notify();
    }
  }

  async #planFile(i: number): Promise<void> {
    const { store, inputs, options, planning, signal, onEvent } = this.#setup;
    const file = this.#files[i];
    if (!file) return;
    const kept = store.plan(i);
    const plan: FilePlan = kept
      ? { ...kept, frames: promised(kept.parts) }
      : await ((i === 0 && planning) || planFile(i, inputs, options, signal));
    const { parts, frames } = plan;
    file.media = plan.media;
    if (!kept && parts.length > 1) store.keepPlan(i, plan);
    onEvent({ type: 'planned', file: i, parts: parts.length, ...(frames === undefined ? {} : { frames }) });
    this.#take(file, i, parts);
  }

  #take(file: FileState, i: number, parts: readonly Segment[]): void {
    file.parts = parts;
    for (const segment of parts) {
      const account = this.#setup.store.account(segment);
      if (account) {
        file.done.add(nameOf(segment));
        const rest = { frames: 0, labelled: 0 };
        const { part } = segment;
        this.#setup.onEvent({
          type: 'part',
          file: i,
          part,
          account,
          kept: true,
          times: [],
          rest,
          wallMs: 0,
          writeMs: 0,
        });
      } else this.#queue.push({ file, segment });
    }
    this.#tellIfDone(i, file);
  }

  /** Gives parts to the workers until all files are planned and nothing is left. */
  async #dispatch(): Promise<void> {
    for (;;) {
      const next = await this.#changed.until(() => {
        this.#throwIfOver();
        return this.#isFinished() ? 'finished' : this.#nextPart();
      });
      if (next === 'finished') return;
      void this.#runPart(next.file, next.segment);
    }
  }

  #isFinished(): boolean {
    return this.#planned === this.#files.length && this.#running === 0 && this.#queue.length === 0;
  }

  /** The next part, if a worker is free and there is memory for its decoder. A large file is not overtaken by small ones. */
  #nextPart(): { readonly file: FileState; readonly segment: Segment } | undefined {
    const [next] = this.#queue;
    if (!next || this.#running >= this.#setup.runner.size) return undefined;
    const fits = this.#running === 0 || this.#decoding + takenBy(next.file) <= Math.max(0, this.#setup.room);
    return fits ? this.#queue.shift() : undefined;
  }

  async #runPart(file: FileState, segment: Segment): Promise<void> {
    const { runner, options, store } = this.#setup;
    const bytes = takenBy(file);
    this.#running++;
    this.#decoding += bytes;
    this.#changed.notify();
    const { input, media } = file;
    const known = media ? { media } : {};
    const task = { type: 'part', options, segment, input, ...known, folder: store.folder } as const;
    const outcome = await runner.run(task);
    this.#running--;
    this.#decoding -= bytes;
    // A part of a plan that is no longer held has nothing to add.
    if (file.parts?.includes(segment) && !this.#setup.signal.aborted) this.#finished(file, segment, outcome);
    this.#changed.notify();
  }

  #finished(file: FileState, segment: Segment, outcome: Outcome): void {
    const { onEvent, store } = this.#setup;
    const i = segment.file;
    if (outcome.type === 'done') {
      file.done.add(nameOf(segment));
      onEvent({ kept: false, file: i, part: segment.part, ...outcome, type: 'part' });
      this.#tellIfDone(i, file);
      return;
    }
    this.#forget(file);
    if (outcome.type === 'unfit') {
      const whole = wholeFile(i, segment.source);
      store.keepPlan(i, { parts: whole, media: file.media });
      onEvent({ type: 'again', file: i });
      this.#take(file, i, whole);
    } else if (outcome.fatal) {
      this.#fatal = new SluiceError(outcome.code, outcome.message);
    } else {
      file.failure = outcome.message;
      onEvent({ type: 'failed', file: i, message: outcome.message });
    }
  }

  /** Takes back what of a file was still to be done. */
  #forget(file: FileState): void {
    const others = this.#queue.filter((waiting) => waiting.file !== file);
    this.#queue.splice(0, Infinity, ...others);
    file.done.clear();
    delete file.parts;
  }

  #tellIfDone(i: number, { parts, done }: FileState): void {
    if (parts?.every((segment) => done.has(nameOf(segment)))) this.#setup.onEvent({ type: 'file', file: i });
  }

  #throwIfOver(): void {
    this.#setup.signal.throwIfAborted();
    if (this.#fatal) throw this.#fatal;
  }
}

function takenBy({ media }: FileState): number {
  return media ? decoderBytes(media.info) : 0;
}

function promised(parts: readonly Segment[]): number | undefined {
  const frames = parts.reduce((sum, { expected }) => sum + (expected?.frames ?? NaN), 0);
  return Number.isNaN(frames) ? undefined : frames;
}
