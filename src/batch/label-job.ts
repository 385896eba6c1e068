import { makeTemporaryFolder, type TemporaryFolder } from '../disk/temporary-folder.ts';
import { OptionError, SluiceError } from '../errors/errors.ts';
import { int8Warning } from '../models/int8.ts';
import { locateFfmpeg, type Ffmpeg } from '../sources/ffmpeg/locate.ts';
import { checkHwaccel } from '../sources/ffmpeg/hwaccels.ts';
import { MAX_PIXELS } from '../sources/ffmpeg/pixel-limit.ts';
import type { Task } from '../tasks/task.ts';
import { taskFromSpec } from '../tasks/task-from-spec.ts';
import { packageVersion } from './package-version.ts';
import type { Input } from './inputs.ts';
import type { JobEvent } from './job-event.ts';
import { JobFolder } from './job-folder.ts';
import { JobRun } from './job-run.ts';
import type { LabelOptions } from './label-options.ts';
import { manifestOf } from './manifest.ts';
import { memoryBudget, type MemoryBudget } from './memory.ts';
import { planFile, type FilePlan, type PlanOptions } from './plan-file.ts';
import { WorkerPool } from './worker-pool.ts';
import type { PartOutcome, WorkerReady } from './worker-task.ts';

/** How a job runs. These options do not change its results. */
export interface JobOptions {
  /** The folder that keeps complete parts, so that the same job can resume. Default: a temporary folder, deleted at the end. */
  readonly job?: string;
  /** Deletes the job that the folder holds, and starts over. Default false. */
  readonly fresh?: boolean;
  /** How many worker processes run. Default `auto`: one for each core, within the quota of a container, as far as `memory` allows. */
  readonly workers?: number | 'auto';
  /**
   * How many bytes of memory the workers may take together. Default: a quarter of the machine's memory. In a container the
   * workers take three quarters of its memory at most, also if more is asked for.
   */
  readonly memory?: number;
  /** The most pixels that a picture or a frame may have, at most 268,435,456. Default 100,000,000. */
  readonly maxPixels?: number;
}

/** What a job is opened with. */
export interface JobSetup {
  readonly inputs: readonly Input[];
  readonly options: LabelOptions;
  readonly how: JobOptions;
  readonly onEvent: (event: JobEvent) => void;
  /** Throws for a task of the model that the job is not meant for. */
  readonly checkTask: (task: Task) => void | Promise<void>;
  readonly signal: AbortSignal;
}

/** What an open job works with, and must close at its end. */
interface OpenJob {
  readonly folder: JobFolder;
  /** The same folder, if it is temporary. */
  readonly temporary: TemporaryFolder | undefined;
  readonly pool: WorkerPool;
  readonly run: JobRun;
  /** Aborts the run. */
  readonly closing: AbortController;
  /** The warning about ffmpeg, if there is one. */
  readonly notices: readonly string[];
}

/** A batch job on this machine: it opens the job's folder, starts the workers, and runs the job with them. */
export class LabelJob {
  readonly inputs: readonly Input[];
  /** What the workers reported when they had loaded the model: engine, batch size, warnings. */
  readonly ready: WorkerReady;
  /** Warnings that are not about the results: of an old ffmpeg, and of an engine that is slow for the model. */
  readonly notices: readonly string[];
  /** Warnings about the machine or the model. Warnings about a file come as events. */
  readonly warnings: readonly string[];
  /** Why so many workers run: `one for each core`. */
  readonly workersReason: string;
  readonly #open: OpenJob;

  private constructor(inputs: readonly Input[], ready: WorkerReady, budget: MemoryBudget, open: OpenJob) {
    this.inputs = inputs;
    this.ready = ready;
    this.notices = open.notices;
    const { folder } = open;
    const damaged = `${folder.path}/manifest.json was damaged and is written anew`;
    this.warnings = [...budget.warnings, ...ready.warnings, ...(folder.isDamaged ? [damaged] : [])];
    this.workersReason = budget.reason;
    this.#open = open;
  }

  /** Opens the job's folder and starts the workers. Rejects with `OptionError` or `SluiceError`. */
  static async open({ inputs, options, how, onEvent, checkTask, signal }: JobSetup): Promise<LabelJob> {
    const { job, fresh = false, workers = 'auto', memory, maxPixels = MAX_PIXELS } = how;
    const aborted = rejectionBy(signal);
    const locating = startLocatingFfmpeg(options.ffmpeg);
    const budget = await memoryBudget(options, { workers, memory, signal });
    const pool = new WorkerPool(budget.workers, onEvent);
    let [folder, temporary]: [JobFolder | undefined, TemporaryFolder | undefined] = [undefined, undefined];
    try {
      signal.throwIfAborted();
      // A worker that loads from a slow server ends with the pool.
      const preparing = withoutUnhandled(Promise.race([pool.prepare({ type: 'prepare', options }), aborted]));
      const ffmpeg = await Promise.race([locating, aborted]);
      await checkHwaccel(ffmpeg, options.hwaccel);
      folder = new JobFolder(job ?? (temporary = makeTemporaryFolder('job')).path);
      const firstPlan = startFirstPlan(
        inputs,
        { ...options, maxPixels, macs: withoutUnhandled(preparing.then(macsOf)) },
        signal,
      );
      const ready = await preparing;
      if (ready.type !== 'ready') throw errorOf(ready);
      const task = taskFromSpec(ready.task);
      await checkTask(task);
      // What results that are aggregated later keep may depend on fewer of the options.
      const taskOptions = options.aggregated ? task.optionsToAggregate(options.taskOptions) : options.taskOptions;
      const settled = { ...options, taskOptions, batch: ready.batch } as LabelOptions;
      const manifest = manifestOf({ inputs, options: settled, ready, ffmpeg, version: packageVersion() });
      const store = folder.open(manifest, { fresh });
      const closing = new AbortController();
      const run = new JobRun({
        inputs,
        options: settled,
        store,
        runner: pool,
        decoderBytes: budget.decoderBytes,
        pictureBytes: budget.pictureBytes,
        maxPixels,
        macs: ready.macs,
        firstPlan,
        onEvent,
        signal: AbortSignal.any([signal, closing.signal]),
      });
      const notices = [ffmpeg.notice, int8Warning(options.precision, ready.engine)].filter((one) => one !== undefined);
      return new LabelJob(inputs, ready, budget, { folder, temporary, pool, run, closing, notices });
    } catch (error) {
      await pool.end();
      if (job === undefined) folder?.remove();
      else folder?.close();
      temporary?.remove();
      throw error;
    }
  }

  /** The path of the job's folder. */
  get folder(): string {
    return this.#open.folder.path;
  }

  /** The task of the model. */
  get task(): Task {
    return taskFromSpec(this.ready.task);
  }

  /** The number of worker processes. */
  get workers(): number {
    return this.#open.pool.size;
  }

  /** Labels the parts that no earlier run has labelled. */
  work(): Promise<void> {
    return this.#open.run.work();
  }

  /** Yields the results in order, one line each. While `work` runs, it yields each result as soon as its turn comes. */
  lines(): AsyncGenerator<string> {
    return this.#open.run.lines();
  }

  /** Ends the workers and unlocks the folder. Complete parts stay in it, unless `remove` is set: then the job is deleted. */
  async close({ remove = false } = {}): Promise<void> {
    const { folder, temporary, pool, closing } = this.#open;
    // Parts that are being labelled fail when their workers end. The run must not report that.
    closing.abort(new Error('closed'));
    await pool.end();
    if (remove) folder.remove();
    else folder.close();
    temporary?.remove();
  }
}

/** Looks for ffmpeg while the workers start. Tries twice: a check that another process killed says nothing about ffmpeg. */
function startLocatingFfmpeg(name: string | undefined): Promise<Ffmpeg> {
  return withoutUnhandled(locateFfmpeg(name).catch(() => locateFfmpeg(name)));
}

/** Plans the first file while the workers start. */
function startFirstPlan(inputs: readonly Input[], options: PlanOptions, signal: AbortSignal): Promise<FilePlan> {
  return withoutUnhandled(planFile(0, inputs, options, signal));
}

/** Rejects when the signal is aborted. */
function rejectionBy(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return withoutUnhandled(rejection);
}

/** Lets a promise reject before anybody waits for it. Whoever waits later still gets the error. */
function withoutUnhandled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function macsOf(ready: WorkerReady | PartOutcome): number {
  return ready.type === 'ready' ? ready.macs : 0;
}

function errorOf(outcome: PartOutcome): SluiceError {
  if (outcome.type !== 'failed') return new SluiceError('job', `a worker answered ${outcome.type} before it was ready`);
  const { code, message } = outcome;
  return code === 'option' ? new OptionError(message) : new SluiceError(code, message);
}
