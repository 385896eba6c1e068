import path from 'node:path';
import type { JobEvent } from '../batch/job-event.ts';
import { LabelJob, type JobOptions } from '../batch/label-job.ts';
import type { LabelOptions } from '../batch/label-options.ts';
import type { Result } from '../classify/result.ts';
import { isTemplate } from '../sinks/out-template.ts';
import { refuseInputAsOutput } from '../sinks/output-is-input.ts';
import { isReaderGone } from '../sinks/pieces-out.ts';
import { listedClasses, openResults, type ResultsOut } from '../sinks/results-out.ts';
import type { FormatOptions } from './format-options.ts';
import { interruption } from './interruption.ts';
import { createBatchProgress, type BatchProgress } from './batch-progress.ts';

/** The command's options, as they were read. */
export interface BatchCommand extends LabelOptions, JobOptions, FormatOptions {
  readonly progress: 'auto' | 'json' | 'none';
  readonly quiet?: boolean;
}

/** Labels the files on all cores; gives the exit code. */
export async function labelBatch(files: readonly string[], command: BatchCommand): Promise<number> {
  const { progress: shown, quiet = false } = command;
  if (command.out !== undefined && !isTemplate(command.out)) refuseInputAsOutput(files, [command.out]);
  const ending = new AbortController();
  let signal = 0;
  const subscription = interruption().subscribe((code) => {
    signal = code;
    ending.abort();
  });
  const progress = createBatchProgress(process.stderr, quiet ? 'none' : shown);
  try {
    return await run(files, command, progress, ending);
  } catch (error) {
    if (signal === 0) throw error;
    return signal;
  } finally {
    progress.stop();
    subscription.unsubscribe();
  }
}

async function run(
  files: readonly string[],
  command: BatchCommand,
  progress: BatchProgress,
  ending: AbortController,
): Promise<number> {
  const toFile = command.out !== undefined && command.out !== '-';
  const where = { ...command, ...(command.job === undefined && toFile ? { job: jobBeside(command.out) } : {}) };
  /** Whether they were read to their end, by their place among the inputs. */
  const ended = new Map<number, boolean>();
  const onEvent = (event: JobEvent) => {
    if (event.type === 'file' || event.type === 'failed') ended.set(event.file, event.type === 'file');
    progress.on(event);
  };
  const job = await LabelJob.open(files, labelOptions(command), where, onEvent, ending.signal);
  let remove = command.job === undefined && !toFile;
  try {
    const names = job.inputs.map(({ name }) => name);
    const out = await openResults(names, command);
    progress.begin(job);
    try {
      await (out.isStdout ? Promise.all([job.work(), write(job, out)]) : job.work());
      for (const [file, whole] of ended) out.ended(names[file] ?? '', whole);
      if (!out.isStdout) await write(job, out);
      if (progress.doneFiles > 0) {
        for (const partial of await out.commit()) progress.say(`the results so far are in ${partial}`);
      } else out.discard();
      remove = command.job === undefined;
    } catch (error) {
      out.discard();
      if (isReaderGone(error)) return 0;
      throw error;
    }
    progress.end();
    return progress.failedFiles + progress.failedFrames > 0 ? 1 : 0;
  } catch (error) {
    if (!remove) progress.say(`what is done is kept in ${job.folder}: the same command goes on with it`);
    throw error;
  } finally {
    await job.close({ remove });
  }
}

async function write(job: LabelJob, out: ResultsOut): Promise<void> {
  for await (const line of job.lines()) {
    out.write(JSON.parse(line) as Result);
    await out.room();
  }
}

/** Where the job is kept until its end: beside the results; of a template beside all of them. */
function jobBeside(out: string): string {
  const [fixed = ''] = out.split(/[{}]/);
  return isTemplate(out) ? path.join(path.dirname(`${fixed}.`), 'sluice-batch.job') : `${out}.job`;
}

/** What the results depend on, and nothing else of the command line. */
function labelOptions(command: BatchCommand): LabelOptions {
  const {
    out: _o,
    format: _f,
    spreadsheet: _s,
    annotate: _a,
    report: _r,
    per = 'frame',
    progress: _p,
    quiet: _q,
    job: _j,
    fresh: _h,
    workers: _w,
    memory: _m,
    ...options
  } = command;
  return { ...options, ...listedClasses(per, options) };
}
