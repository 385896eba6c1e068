import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ErrorCode } from '../errors/error-code.ts';
import { OptionError, SluiceError } from '../errors/errors.ts';
import { locateFfmpeg } from '../sources/ffmpeg/locate.ts';
import { packageVersion } from './package-version.ts';
import type { Input } from './inputs.ts';
import type { JobEvent } from './job-event.ts';
import { JobFolder } from './job-folder.ts';
import { JobRun } from './job-run.ts';
import type { LabelOptions } from './label-options.ts';
import { manifestOf } from './manifest.ts';
import { planFile, type FilePlan } from './plan-file.ts';
import type { Ready } from './worker-task.ts';
import { WorkerPool } from './worker-pool.ts';
import { sharesOf } from './memory.ts';

/** How a job is run; nothing here changes its results. */
export interface JobOptions {
  /** The folder in which the job is kept, so that it can be gone on with. Default: one that is gone at the end. */
  readonly job?: string;
  /** Throws away what the folder holds. */
  readonly fresh?: boolean;
  /** How many processes work; `auto`: one a core, as far as the memory reaches. */
  readonly workers?: number | 'auto';
  /** What they may take together, in bytes. Default: a quarter of the machine's. */
  readonly memory?: number;
}

/** A job of this machine: its folder, its workers, its run. */
export class LabelJob {
  readonly inputs: readonly Input[];
  readonly ready: Ready;
  readonly workers: number;
  /** Said of the machine or the model, not of a file. */
  readonly notices: readonly string[];
  readonly #folder: JobFolder;
  readonly #pool: WorkerPool;
  readonly #run: JobRun;
  readonly #ending: AbortController;

  private constructor(
    inputs: readonly Input[],
    ready: Ready,
    notices: readonly string[],
    folder: JobFolder,
    pool: WorkerPool,
    run: JobRun,
    ending: AbortController,
  ) {
    this.inputs = inputs;
    this.ready = ready;
    this.notices = notices;
    this.workers = pool.size;
    this.#folder = folder;
    this.#pool = pool;
    this.#run = run;
    this.#ending = ending;
  }

  /** Starts the workers, and opens the folder; throws `OptionError` and `SluiceError`. */
  static async open(
    inputs: readonly Input[],
    options: LabelOptions,
    { job, fresh = false, workers = 'auto', memory }: JobOptions,
    onEvent: (event: JobEvent) => void,
    signal: AbortSignal,
  ): Promise<LabelJob> {
    // Once more, since a process that was killed is no bad ffmpeg.
    const locating = locateFfmpeg(options.ffmpeg).catch(() => locateFfmpeg(options.ffmpeg));
    // Heard of below, when the workers have begun to start.
    locating.catch(() => undefined);
    const shares = await sharesOf(options, { workers, memory });
    const pool = new WorkerPool(shares.workers, onEvent);
    let folder: JobFolder | undefined;
    try {
      signal.throwIfAborted();
      const preparing = pool.prepare({ type: 'ready', options });
      const ffmpeg = await locating;
      folder = new JobFolder(job ?? mkdtempSync(path.join(tmpdir(), 'sluice-job-')));
      const planning = planFirst(inputs, options, signal);
      const ready = await preparing;
      if (ready.type !== 'ready') throw errorOf(ready);
      const settled: LabelOptions = { ...options, batch: ready.batch };
      const manifest = manifestOf({ inputs, options: settled, ready, ffmpeg, version: packageVersion() });
      const store = folder.open(manifest, { fresh });
      const ending = new AbortController();
      const run = new JobRun({
        inputs,
        options: settled,
        store,
        runner: pool,
        room: shares.room,
        planning,
        onEvent,
        signal: AbortSignal.any([signal, ending.signal]),
      });
      const notices = [...(ffmpeg.notice === undefined ? [] : [ffmpeg.notice]), ...ready.warnings];
      return new LabelJob(inputs, ready, notices, folder, pool, run, ending);
    } catch (error) {
      await pool.end();
      if (job === undefined) folder?.remove();
      else folder?.close();
      throw error;
    }
  }

  /** Where the job is kept. */
  get folder(): string {
    return this.#folder.path;
  }

  /** Labels what is not labelled yet. */
  work(): Promise<void> {
    return this.#run.work();
  }

  /** The results, a line each, in order; while `work` goes on, as they come. */
  lines(): AsyncGenerator<string> {
    return this.#run.lines();
  }

  /** Ends the workers; what is done stays in the folder, unless that is not wanted any more. */
  async close({ remove = false } = {}): Promise<void> {
    // What is still at work ends with its worker, which is not its fault.
    this.#ending.abort(new Error('closed'));
    await this.#pool.end();
    if (remove) this.#folder.remove();
    else this.#folder.close();
  }
}

/** The first file is looked at while the workers start. */
function planFirst(inputs: readonly Input[], options: LabelOptions, signal: AbortSignal): Promise<FilePlan> {
  const planning = planFile(0, inputs, options, signal);
  // What is wrong is for the one who waits for it.
  planning.catch(() => undefined);
  return planning;
}

function errorOf(outcome: {
  readonly type: string;
  readonly code?: ErrorCode;
  readonly message?: string;
}): SluiceError {
  const { code = 'job', message = `a worker answered ${outcome.type}` } = outcome;
  return code === 'option' ? new OptionError(message) : new SluiceError(code, message);
}
