import { describeInput, findInputs, type Input } from '../../batch/inputs.ts';
import type { JobEvent } from '../../batch/job-event.ts';
import { JobTally } from '../../batch/job-tally.ts';
import { LabelJob } from '../../batch/label-job.ts';
import { taskFromSpec } from '../../tasks/task-from-spec.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Task } from '../../tasks/task.ts';
import { DOWNLOADED, READY_MADE } from '../../models/ready-made.ts';
import { messageOf } from '../../errors/errors.ts';
import { holdsBoxes } from '../../sinks/formats/result-format.ts';
import { isReaderGone, isStream } from '../../sinks/files/byte-sink.ts';
import { type ResultsOut } from '../../sinks/files/results-out.ts';
import { print } from '../output.ts';
import { type BatchProgress } from '../progress/batch-progress.ts';
import { sayEvent } from '../progress/say-event.ts';
import { formatBatchReport, timeNotes, timesOf } from '../report/batch-report.ts';
import { jobBeside, labelOptions, type BatchCommand } from './batch-options.ts';
import { interruptible } from './interruptible.ts';
import { ReportPage } from '../report/report-page.ts';
import { openResults, prepareResults, type ResultsOutOptions } from '../../sinks/files/open-results.ts';
import { taskOptionsFor } from './result-options.ts';
import { checkCommand } from './task-commands.ts';

/** Labels the files on all CPU cores. Resolves to the exit code. */
export function labelBatch(files: readonly string[], command: BatchCommand): Promise<number> {
  return interruptible(command, async (progress, signal) => {
    const inputs = await findInputs(files, (kind, message) => {
      if (kind === 'warning' || !command.quiet) progress.say(kind, message);
    });
    return new BatchRun(inputs, command, progress, signal).run();
  });
}

/** One run of `sluice batch`: it opens the job, labels what is missing, writes the results and reports at the end. */
class BatchRun {
  readonly #inputs: readonly Input[];
  readonly #names: readonly string[];
  readonly #command: BatchCommand;
  readonly #progress: BatchProgress;
  readonly #signal: AbortSignal;
  readonly #tally: JobTally;
  readonly #failures: string[] = [];
  readonly #noticed = new Set<string>();
  /** By the index of an input: true if it was labelled to its end, false if it failed. Absent while it is in progress. */
  readonly #ended = new Map<number, boolean>();
  #job: LabelJob | undefined;
  /** Whether the job could not be closed. */
  #isUntidy = false;
  #page: ReportPage | undefined;
  #out: ResultsOut | undefined;

  constructor(inputs: readonly Input[], command: BatchCommand, progress: BatchProgress, signal: AbortSignal) {
    this.#inputs = inputs;
    this.#names = inputs.map(({ name }) => name);
    this.#command = command;
    this.#progress = progress;
    this.#signal = signal;
    this.#tally = new JobTally(inputs);
  }

  /** Resolves to the exit code. Rejects with the error that ended the run. */
  async run(): Promise<number> {
    const { report, model, task } = this.#command;
    this.#refusePictures({ kind: DOWNLOADED.get(model)?.task });
    // A worker would name the option as code does.
    if (task ?? (READY_MADE.has(model) || DOWNLOADED.has(model))) taskOptionsFor(this.#likelyTask, this.#command);
    // Opening the outputs checks them before the job starts. The real outputs are opened when the results are complete.
    if (!this.#streams) {
      (await openResults(this.#names, { ...this.#outputs, task: this.#likelyTask, taskOptions: {} })).discard();
    }
    ReportPage.check(report, this.#names);
    let code: number;
    let isOver = false;
    try {
      code = await this.#toItsEnd();
      isOver = true;
    } catch (error) {
      this.#progress.stop();
      if (!isReaderGone(error)) {
        if (this.#job) this.#sayHowToResume(this.#job, error);
        else if (this.#signal.aborted) this.#progress.say('note', 'interrupted');
        throw error;
      }
      code = 0;
    } finally {
      const isDone = isOver && this.#command.job === undefined && this.#missing.length === 0;
      await this.#close(this.#isTemporary || isDone);
    }
    return this.#isUntidy ? code || 1 : code;
  }

  async #toItsEnd(): Promise<number> {
    const { quiet = false, progress } = this.#command;
    const job = await this.#open();
    await this.#label(job);
    this.#progress.stop();
    this.#page?.write(this.#runEnd(job));
    if (!this.#isTemporary && this.#missing.length > 0) this.#sayWhatIsMissing(job);
    if (!quiet && progress === 'auto') print(process.stderr, formatBatchReport(job, this.#tally, this.#failures));
    return this.#tally.failedFiles + this.#tally.failedFrames > 0 ? 1 : 0;
  }

  async #close(remove: boolean): Promise<void> {
    try {
      await this.#job?.close({ remove });
    } catch (error) {
      // Nothing is wrong with the results.
      this.#isUntidy = true;
      this.#progress.say(
        'error',
        `the job folder ${this.#job?.folder} cannot be ${remove ? 'deleted' : 'unlocked'}: ${messageOf(error)}`,
      );
    }
  }

  async #open(): Promise<LabelJob> {
    const { job: folder, out = '' } = this.#command;
    // The default folder depends only on --out, so that the same command finds the job again.
    const job = folder ?? (this.#isTemporary ? undefined : jobBeside(out));
    const opened = (this.#job = await LabelJob.open({
      inputs: this.#inputs,
      options: labelOptions(this.#command),
      how: { ...this.#command, ...(job === undefined ? {} : { job }) },
      onEvent: (event) => this.#on(event),
      // The outputs are opened at the end, which is late for a format that does not fit the task.
      checkTask: async (task) => {
        const { taskCommand, model } = this.#command;
        if (taskCommand !== undefined) checkCommand(taskCommand, model, task);
        this.#refusePictures(task);
        await prepareResults(this.#names, this.#outOptions(task));
      },
      signal: this.#signal,
    }));
    this.#page = ReportPage.open(this.#command.report, this.#names, opened.task);
    this.#progress.begin(opened, this.#tally);
    const { notices, warnings } = opened;
    // As in `sluice classify`, --quiet hides the warnings that are not about the results.
    const shown = [...(this.#command.quiet ? [] : notices), ...warnings];
    for (const warning of shown) this.#progress.say('warning', warning);
    return opened;
  }

  async #label(job: LabelJob): Promise<void> {
    if (!this.#streams) await job.work();
    const out = await openResults(this.#names, this.#outOptions(job.task));
    try {
      const failure = new Promise<never>((_resolve, reject) => {
        out.failure.subscribe({ error: reject });
        // Without this, an interruption would wait until all annotated videos are drawn.
        this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { once: true });
      });
      // Each file's end must be known before the results of the next file, so that a failed file is kept as partial.
      for (const [file, whole] of this.#ended) out.ended(this.#names[file] ?? '', whole);
      this.#out = out;
      await Promise.race([Promise.all([this.#streams ? job.work() : undefined, this.#write(job, out)]), failure]);
      if (this.#tally.doneFiles === 0) out.discard();
      else
        for (const part of await Promise.race([out.commit(), failure]))
          this.#progress.say('note', `the results so far are in ${part}`);
    } catch (error) {
      out.discard();
      throw error;
    }
  }

  async #write(job: LabelJob, out: ResultsOut): Promise<void> {
    for await (const line of job.lines()) {
      const result = JSON.parse(line) as StoredResult<object>;
      out.write(result, line);
      this.#page?.take(result);
      await out.room();
    }
  }

  #on(event: JobEvent): void {
    this.#tally.add(event);
    this.#progress.on(event);
    this.#page?.sample(this.#tally.elapsedSeconds, this.#tally.own.labelled);
    if (event.type === 'file' || event.type === 'failed') {
      this.#ended.set(event.file, event.type === 'file');
      this.#out?.ended(this.#names[event.file] ?? '', event.type === 'file');
    }
    if (event.type === 'failed') {
      this.#failures.push(event.message);
      this.#page?.failed(this.#names[event.file] ?? '', event.message);
      if (!this.#progress.tellsOfFailures) this.#progress.say('error', event.message);
    }
    sayEvent(this.#progress, event, this.#names, this.#noticed);
  }

  /** The outputs for the results of a task. Throws `OptionError` for an option that the task does not have. */
  #outOptions(task: Task): ResultsOutOptions {
    return { ...this.#outputs, task, taskOptions: taskOptionsFor(task, this.#command) };
  }

  /** Pictures are no results, which a job could keep and merge. */
  #refusePictures({ kind }: { readonly kind: string | undefined }): void {
    if (kind === 'picture') checkCommand(this.#command.taskCommand ?? 'classify', this.#command.model, { kind });
  }

  /** The task as far as it is known before the model is loaded. Of a model of one's own, only its file may say it. */
  get #likelyTask(): Task {
    const { task, model, format } = this.#command;
    const unknown =
      format !== undefined && holdsBoxes(format) && !READY_MADE.has(model) ? 'detection' : 'classification';
    return taskFromSpec(task ?? { kind: DOWNLOADED.get(model)?.task ?? unknown });
  }

  get #outputs(): Omit<ResultsOutOptions, 'task' | 'taskOptions'> {
    const locations = new Map(
      this.#inputs.flatMap(({ name, location }) => (location === undefined ? [] : [[name, location]])),
    );
    const onWarning = (message: string) => this.#progress.say('warning', message);
    return { ...this.#command, locations, onWarning };
  }

  /** Whether the output is stdout or a pipe, which gets each result as soon as it is there. */
  get #streams(): boolean {
    const { out } = this.#command;
    return out === undefined || out === '-' || isStream(out);
  }

  /** Whether the job's state is deleted at the end even if the run fails. */
  get #isTemporary(): boolean {
    return this.#command.job === undefined && this.#streams;
  }

  /** The files that failed and are not there. None where nothing was done that could be kept. */
  get #missing(): readonly string[] {
    if (this.#tally.doneFiles === 0) return [];
    const failed = [...this.#ended].filter(([, isWhole]) => !isWhole).map(([file]) => this.#names[file] ?? '');
    return failed.filter((name) => describeInput(name).bytes === null);
  }

  #sayWhatIsMissing({ folder }: LabelJob): void {
    const [first = '', ...others] = this.#missing;
    const what = others.length === 0 ? first : `${first} and ${others.length} more`;
    this.#progress.say('note', `the finished work is kept in ${folder}: run the same command when ${what} can be read`);
  }

  #sayHowToResume({ folder }: LabelJob, error: unknown): void {
    const what = this.#signal.aborted ? 'interrupted' : `stopped: ${messageOf(error)}`;
    const how = this.#isTemporary
      ? 'no state is kept: use --job or --out FILE for a job that can be resumed'
      : `the finished work is kept in ${folder}: run the same command to resume`;
    this.#progress.say('note', `${what}; ${how}`);
  }

  #runEnd({ ready, workers }: LabelJob) {
    const { elapsedSeconds, frames, failedFrames } = this.#tally;
    const time = timesOf(this.#tally, workers).map(([what, ms]) => ({ what, seconds: ms / 1000 }));
    const engine = `${ready.engine.name} (${ready.engine.reason})`;
    const decoded = { decoded: frames, failed: failedFrames };
    const { stageTimes: stages } = this.#tally;
    return { elapsedSeconds, engine, frames: decoded, time, timeNotes: timeNotes(this.#tally), stages };
  }
}
