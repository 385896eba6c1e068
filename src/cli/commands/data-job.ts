import { describeInput } from '../../batch/inputs.ts';
import type { JobEvent } from '../../batch/job-event.ts';
import { JobTally } from '../../batch/job-tally.ts';
import { LabelJob, type JobOptions } from '../../batch/label-job.ts';
import type { LabelOptions } from '../../batch/label-options.ts';
import type { LabelledFile } from '../../datasets/labelled-files.ts';
import { messageOf } from '../../errors/errors.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { BatchProgress } from '../progress/batch-progress.ts';
import { sayEvent } from '../progress/say-event.ts';

/** What is run over files of known classes. */
export interface DataJobSetup {
  readonly files: readonly LabelledFile[];
  readonly options: LabelOptions;
  readonly how: JobOptions;
  readonly progress: BatchProgress;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  /** Gets each result, in the order of the files and frames. */
  readonly onResult: (result: StoredResult<object>, target: number) => void;
}

/** What became of the files. */
export interface DataJobEnd {
  readonly failedFiles: number;
  readonly failedFrames: number;
  readonly engine: string;
}

/**
 * Runs a model over files of known classes, on all cores, as `sluice batch` does. A file that can't be read is named, left out and counted. With
 * `how.job` the folder keeps what is finished, and the same job goes on after an interruption.
 */
export async function runDataJob(setup: DataJobSetup): Promise<DataJobEnd> {
  const { files, options, how, progress, quiet, signal, onResult } = setup;
  const inputs = files.map(({ path }) => describeInput(path));
  const targets = new Map(files.map(({ path, target }) => [path, target]));
  const names = inputs.map(({ name }) => name);
  const tally = new JobTally(inputs);
  const noticed = new Set<string>();
  const onEvent = (event: JobEvent): void => {
    tally.add(event);
    progress.on(event);
    if (event.type === 'failed' && !progress.tellsOfFailures) progress.say('warning', `left out: ${event.message}`);
    sayEvent(progress, event, names, noticed);
  };
  const job = await LabelJob.open({ inputs, options, how, onEvent, checkTask: () => undefined, signal });
  try {
    progress.begin(job, tally);
    for (const warning of [...(quiet ? [] : job.notices), ...job.warnings]) progress.say('warning', warning);
    const read = async (): Promise<void> => {
      for await (const line of job.lines()) {
        const result = JSON.parse(line) as StoredResult<object>;
        onResult(result, targets.get(result.source) ?? NaN);
      }
    };
    await Promise.all([job.work(), read()]);
  } catch (error) {
    progress.stop();
    const what = signal.aborted ? 'interrupted' : `stopped: ${messageOf(error)}`;
    if (how.job !== undefined) {
      progress.say('note', `${what}; the finished work is kept in ${job.folder}: run the same command to go on`);
    }
    throw error;
  } finally {
    progress.stop();
    await job.close({ remove: how.job === undefined });
  }
  const { engine } = job.ready;
  const { failedFiles, failedFrames } = tally;
  return { failedFiles, failedFrames, engine: `${engine.name} (${engine.reason})` };
}
