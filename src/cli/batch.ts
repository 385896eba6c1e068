import { LabelJob, type JobOptions } from '../batch/label-job.ts';
import type { LabelOptions } from '../batch/label-options.ts';
import { interruption } from './interruption.ts';
import { refuseInputAsOutput } from './output-is-input.ts';
import { isReaderGone, openResults, type ResultsOut } from './results-out.ts';
import { createBatchProgress, type BatchProgress } from './batch-progress.ts';

/** The command's options, as they were read. */
export interface BatchCommand extends LabelOptions, JobOptions {
  readonly out?: string;
  readonly format: string;
  readonly progress: 'auto' | 'json' | 'none';
  readonly quiet?: boolean;
}

/** Labels the files on all cores; gives the exit code. */
export async function labelBatch(files: readonly string[], command: BatchCommand): Promise<number> {
  const { progress: shown, quiet = false } = command;
  refuseInputAsOutput(files, command.out);
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
  const where = { ...command, ...(command.job === undefined && toFile ? { job: `${command.out}.job` } : {}) };
  const job = await LabelJob.open(files, labelOptions(command), where, (event) => progress.on(event), ending.signal);
  let remove = command.job === undefined && !toFile;
  try {
    refuseInputAsOutput(
      job.inputs.map(({ name }) => name),
      command.out,
    );
    progress.begin(job);
    const out = openResults(command.out);
    try {
      await (out.isStdout ? Promise.all([job.work(), write(job, out)]) : job.work().then(() => write(job, out)));
      if (progress.doneFiles > 0) await out.commit();
      else out.discard();
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
    out.write(`${line}\n`);
    await out.room();
  }
}

/** What the results depend on, and nothing else of the command line. */
function labelOptions(command: BatchCommand): LabelOptions {
  const {
    out: _o,
    format: _f,
    progress: _p,
    quiet: _q,
    job: _j,
    fresh: _h,
    workers: _w,
    memory: _m,
    ...options
  } = command;
  return options;
}
