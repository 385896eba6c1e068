import { Observable } from 'rxjs';
import { OptionError } from '../errors/errors.ts';
import type { OutputKind } from '../models/output-kind.ts';
import type { Classification, ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { Embedding } from '../tasks/embedding/embedding.ts';
import type { StoredResult } from '../tasks/frame-result.ts';
import type { Outputs } from '../tasks/outputs/outputs.ts';
import type { Regression } from '../tasks/regression/regression.ts';
import type { Task } from '../tasks/task.ts';
import { findInputs } from './inputs.ts';
import {
  readLabelFilesOptions,
  type LabelFilesOptions,
  type LabelOutputsOptions,
  type LabelTaskOptions,
} from './label-files-options.ts';
import { LabelJob } from './label-job.ts';
import type { LabelOptions } from './label-options.ts';

/** Runs that were unsubscribed and have not unlocked their folder, by folder. The next run in a folder waits for that. */
const closing = new Map<string, Promise<void>>();

/**
 * Labels every frame of many files in several processes, and emits the results in the order of the files and frames (Node).
 * `sluice batch` does the same.
 *
 * `files` are files, folders, patterns and lists (`@list.txt`). `model` is a name or a path, because worker processes load
 * it. `task` says what the model gives, such as `detection()`, and its options are among these. Defaults: MobileNet v1, the five best classes of each frame, one process for each core.
 *
 * If a file cannot be read, `onEvent` gets an event `failed` with the reason, and the other files are labelled. With `job`
 * the folder keeps complete parts, and the same call resumes after an interruption. Unsubscribing ends the processes.
 *
 * Errors: `OptionError`; `SluiceError` with code `locked` (another process uses the folder), `other-job` (the folder belongs
 * to a job with other files or options: `fresh` starts over), `output` (the folder cannot be written).
 *
 * @see {@link videoFile}, {@link JobEvent}
 *
 * @example
 * labelFiles(['clip.mp4'], { fps: 1, top: 1 }).subscribe(({ source, timestamp, classes }) => {
 *   console.log(source, timestamp, classes[0]?.label);
 * });
 */
export function labelFiles(
  files: readonly string[],
  options: LabelFilesOptions<'value'> & { readonly outputKind: 'value' },
): Observable<StoredResult<Regression>>;
export function labelFiles(
  files: readonly string[],
  options: LabelFilesOptions<'vector'> & { readonly outputKind: 'vector' },
): Observable<StoredResult<Embedding>>;
export function labelFiles(files: readonly string[], options: LabelOutputsOptions): Observable<StoredResult<Outputs>>;
export function labelFiles<T extends object, O extends object>(
  files: readonly string[],
  options: LabelTaskOptions<T, O>,
): Observable<StoredResult<T>>;
export function labelFiles(
  files: readonly string[],
  options?: LabelFilesOptions,
): Observable<StoredResult<Classification>>;
export function labelFiles(
  files: readonly string[],
  options:
    | LabelFilesOptions<OutputKind>
    | LabelOutputsOptions
    | (LabelTaskOptions<object, object> & ClassificationOptions) = {},
): Observable<never> {
  const { label, how, onEvent, onWarning } = readLabelFilesOptions(options);
  const { job: folder } = how;
  return new Observable((subscriber) => {
    const aborting = new AbortController();
    const run = async (): Promise<void> => {
      if (folder !== undefined) await closing.get(folder);
      const inputs = await findInputs(files, (_kind, message) => onWarning(message));
      const check = (found: Task) => checkOutput(found, label);
      const job = await LabelJob.open({
        inputs,
        options: label,
        how,
        onEvent,
        checkTask: check,
        signal: aborting.signal,
      });
      try {
        for (const warning of [...job.notices, ...job.warnings]) onWarning(warning);
        const emit = async (): Promise<void> => {
          for await (const line of job.lines()) subscriber.next(JSON.parse(line) as StoredResult<never>);
        };
        await Promise.all([job.work(), emit()]);
      } finally {
        await job.close({ remove: folder === undefined });
      }
    };
    const ended = run().then(
      () => subscriber.complete(),
      (error: unknown) => {
        if (!aborting.signal.aborted) subscriber.error(error);
      },
    );
    return () => {
      aborting.abort(new Error('unsubscribed'));
      if (folder === undefined) return;
      closing.set(folder, ended);
      void ended.then(() => closing.get(folder) === ended && closing.delete(folder));
    };
  });
}

/** The option that stands for a task. */
const OF_OUTPUT_KINDS: Readonly<Record<string, string>> = {
  regression: "outputKind: 'value'",
  act: "outputKind: 'scores'",
  embedding: "outputKind: 'vector'",
};

/** Throws `OptionError` for a model whose results are not of the type that the caller expects. */
function checkOutput({ kind, optionNames }: Task, { model, outputKind, task, taskOptions }: LabelOptions): void {
  if (task) {
    if (task.kind === kind) return;
    throw new OptionError(`labelFiles: the task of ${model} is ${kind}, not ${task.kind}: give task: ${kind}()`);
  }
  if (kind !== 'classification' && kind !== 'outputs' && outputKind === undefined) {
    const fitting = OF_OUTPUT_KINDS[kind] ?? `task: ${kind}()`;
    throw new OptionError(`labelFiles: ${model} gives no classes (its task is ${kind}): give ${fitting}`);
  }
  const foreign = Object.keys(taskOptions).find((name) => !optionNames.includes(name));
  if (foreign === undefined) return;
  throw new OptionError(`labelFiles: ${foreign} selects classes, but ${model} gives none: leave it out`);
}
