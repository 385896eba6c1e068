import type { OptionNames } from '../errors/check-options.ts';
import { checkKnown } from '../errors/known-options.ts';
import { OptionError } from '../errors/errors.ts';
import { picked } from '../errors/picked.ts';
import type { OutputKind, OutputKindOptions } from '../models/output-kind.ts';
import type { ClassOutputKind } from '../tasks/classification/class-outputs.ts';
import type { Embedding } from '../tasks/embedding/embedding.ts';
import type { Outputs } from '../tasks/outputs/outputs.ts';
import type { Regression } from '../tasks/regression/regression.ts';
import { taskFromSpec } from '../tasks/task-from-spec.ts';
import type { Task } from '../tasks/task.ts';
import { checkTask } from '../models/model-from.ts';
import { Observable } from 'rxjs';
import { type Classification, type ClassificationOptions } from '../tasks/classification/class-scores.ts';
import { classification } from '../tasks/classification/classification.ts';
import type { StoredResult } from '../tasks/frame-result.ts';
import { checkThreshold, STILL_THRESHOLD } from '../flow/operators/still-watch.ts';
import { checkDecodeOptions } from '../sources/ffmpeg/decode-options.ts';
import { findInputs } from './inputs.ts';
import type { JobEvent } from './job-event.ts';
import { LabelJob, type JobOptions } from './label-job.ts';
import type { LabelOptions } from './label-options.ts';
import { nameInJob, nameInTask, type TaskOptionsInJob } from './task-option-names.ts';

/**
 * Options of {@link labelFiles}: how frames are labelled, and how the job runs. `Kind` is what the model's output may be: classes,
 * unless `outputKind` says otherwise.
 */
export interface LabelFilesOptions<Kind extends OutputKind = ClassOutputKind>
  extends
    Partial<Omit<LabelOptions, 'taskOptions' | 'aggregated' | 'output' | 'outputKind' | 'task' | 'skipStill'>>,
    OutputKindOptions<Kind>,
    ClassificationOptions,
    JobOptions {
  /** The layer or node whose value is the output, of a model of your own with several outputs. */
  readonly output?: string;
  /**
   * Whether frames that show what the last labelled one showed get its result, with `same`: the number of that frame. A number is the
   * `threshold` of {@link "sluice".whenChanged | whenChanged}, which compares them; true is its default, 8. The first frame of each part
   * of a file is always labelled, and frames go through the model one at a time. Default false.
   */
  readonly skipStill?: boolean | number;
  /** Called for each event: files planned, parts complete, files that failed with the reason. Default: none. */
  readonly onEvent?: (event: JobEvent) => void;
  /**
   * Called for each warning about folders, about the machine or about the model, and for each folder with files that are neither
   * videos nor pictures, with their number. Default: none.
   */
  readonly onWarning?: (message: string) => void;
}

/** Options of {@link labelFiles} for several outputs of a model, which are computed together. */
export interface LabelOutputsOptions extends Omit<LabelFilesOptions<OutputKind>, 'output' | 'outputKind'> {
  /** The layers or nodes whose values are the outputs. */
  readonly output: readonly string[];
  /** What the numbers of the outputs are: the same for all, or for each by its name. */
  readonly outputKind?: OutputKind | Readonly<Record<string, OutputKind>>;
}

/**
 * Options of {@link labelFiles} for a task, such as `detection()`. The options of the task are among them, as for `infer`; only the `size` of
 * a segmentation is called `mapSize`, since `size` is that of the model's input.
 */
export type LabelTaskOptions<T extends object, O extends object> = Omit<
  LabelFilesOptions,
  keyof ClassificationOptions | keyof OutputKindOptions | 'output'
> & {
  /** What the outputs of the model mean. */
  readonly task: Task<T, O>;
  /** The layer or node whose value is the output, or several, of a model of your own with several outputs. */
  readonly output?: string | readonly string[];
} & NoInfer<TaskOptionsInJob<O>>;

/** The names of all options but those of a task. */
const NAMES: OptionNames<Omit<LabelFilesOptions<OutputKind>, keyof ClassificationOptions>> = {
  model: true,
  weights: true,
  labels: true,
  seed: true,
  preset: true,
  range: true,
  mean: true,
  std: true,
  scale: true,
  channelOrder: true,
  layout: true,
  channels: true,
  fit: true,
  centralFraction: true,
  resizeMethod: true,
  size: true,
  input: true,
  constants: true,
  state: true,
  onnxRuntime: true,
  output: true,
  outputKind: true,
  fromLogits: true,
  maxWork: true,
  sample: true,
  fps: true,
  every: true,
  skipStill: true,
  start: true,
  end: true,
  stream: true,
  allowPlaylists: true,
  toneMap: true,
  engine: true,
  batch: true,
  timings: true,
  ffmpeg: true,
  job: true,
  fresh: true,
  workers: true,
  memory: true,
  maxPixels: true,
  onEvent: true,
  onWarning: true,
};

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
  const given = givenTask(options);
  checkTask('labelFiles', given);
  const task = given ?? classification();
  const names = task.optionNames.map(nameInJob);
  checkKnown('labelFiles', options, [...Object.keys(NAMES), ...names, 'task']);
  const { job: folder, fresh, workers, memory, maxPixels, ...others } = options as LabelFilesOptions<OutputKind>;
  const { onEvent = () => undefined, onWarning = () => undefined, skipStill, ...settings } = others;
  const isOfTask = ([name]: readonly [string, unknown]) => names.includes(name);
  const set = Object.entries(settings).filter(([name, value]) => name !== 'task' && value !== undefined);
  const ofTask = set.filter(isOfTask).map(([name, value]) => [nameInTask(name), value] as const);
  const taskOptions = Object.fromEntries(ofTask) as LabelOptions['taskOptions'];
  // Throws here, and not in a worker, if an option is wrong.
  const { sample, fps, every } = settings;
  checkDecodeOptions(picked({ maxPixels, sample, fps: sample && fps }));
  if (sample !== undefined && every !== undefined) {
    throw new OptionError(
      `labelFiles: every counts all frames, of which sample: 'keyframes' decodes few: give one of the two`,
    );
  }
  taskFromSpec(task.spec).reader(undefined, taskOptions);
  const label: LabelOptions = {
    ...{ model: 'mobilenet-v1', engine: 'auto', taskOptions },
    ...Object.fromEntries(set.filter((entry) => !isOfTask(entry))),
    // The workers get JSON, which has no infinity.
    ...(skipStill === undefined || skipStill === false ? {} : { skipStill: thresholdOf(skipStill) }),
    ...(settings.maxWork === Infinity ? { maxWork: Number.MAX_VALUE } : {}),
    ...(given ? { task: given.spec } : {}),
  };
  const how: JobOptions = {
    ...(folder === undefined ? {} : { job: folder }),
    ...(fresh === undefined ? {} : { fresh }),
    ...(workers === undefined ? {} : { workers }),
    ...(memory === undefined ? {} : { memory }),
    ...(maxPixels === undefined ? {} : { maxPixels }),
  };
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
        for (const warning of job.warnings) onWarning(warning);
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

function thresholdOf(skipStill: unknown): number {
  return skipStill === true ? STILL_THRESHOLD : checkThreshold('labelFiles: skipStill', skipStill);
}

/** The task that options name; the options are not checked yet. */
function givenTask(options: unknown): Task | undefined {
  return typeof options === 'object' && options !== null && 'task' in options ? (options.task as Task) : undefined;
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
