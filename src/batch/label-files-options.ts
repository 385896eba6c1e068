import { checkKnown } from '../errors/known-options.ts';
import type { OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import { picked } from '../errors/picked.ts';
import { checkThreshold, STILL_THRESHOLD } from '../flow/operators/still-threshold.ts';
import { checkTask } from '../models/model-from.ts';
import type { OutputKind, OutputKindOptions } from '../models/output-kind.ts';
import { checkDecodeOptions } from '../sources/ffmpeg/decode-options.ts';
import type { ClassOutputKind } from '../tasks/classification/class-outputs.ts';
import type { ClassificationOptions } from '../tasks/classification/class-scores.ts';
import { classification } from '../tasks/classification/classification.ts';
import { taskFromSpec } from '../tasks/task-from-spec.ts';
import type { Task } from '../tasks/task.ts';
import type { JobEvent } from './job-event.ts';
import type { JobOptions } from './label-job.ts';
import { decoderSampling, type LabelOptions } from './label-options.ts';
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
   * Called for each warning about folders, ffmpeg, the machine or the model, and for each folder with files that are neither
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
  precision: true,
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
  sceneThreshold: true,
  framesPerScene: true,
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
  hwaccel: true,
  job: true,
  fresh: true,
  workers: true,
  memory: true,
  maxPixels: true,
  onEvent: true,
  onWarning: true,
};

/** What the options of `labelFiles` say: how frames are labelled, how the job runs, and what is called. */
export interface LabelFilesSettings extends Required<Pick<LabelFilesOptions, 'onEvent' | 'onWarning'>> {
  readonly label: LabelOptions;
  readonly how: JobOptions;
}

/** Checks the options of `labelFiles`, and sorts them. Throws `OptionError`. */
export function readLabelFilesOptions(options: object): LabelFilesSettings {
  const given = givenTask(options);
  checkTask('labelFiles', given);
  const task = given ?? classification();
  const names = task.optionNames.map(nameInJob);
  checkKnown('labelFiles', options, [...Object.keys(NAMES), ...names, 'task']);
  const { job, fresh, workers, memory, maxPixels, ...others } = options as LabelFilesOptions<OutputKind>;
  const { onEvent = () => undefined, onWarning = () => undefined, skipStill, ...settings } = others;
  const isOfTask = ([name]: readonly [string, unknown]) => names.includes(name);
  const set = Object.entries(settings).filter(([name, value]) => name !== 'task' && value !== undefined);
  const ofTask = set.filter(isOfTask).map(([name, value]) => [nameInTask(name), value] as const);
  const taskOptions = Object.fromEntries(ofTask) as LabelOptions['taskOptions'];
  // Throws here, and not in a worker, if an option is wrong.
  const { sample, every, hwaccel } = settings;
  checkDecodeOptions({ ...picked({ maxPixels, hwaccel }), ...decoderSampling(settings) });
  if (sample !== undefined && every !== undefined) {
    throw new OptionError(
      `labelFiles: every counts all frames, of which sample: '${sample}' gives few: give one of the two`,
    );
  }
  taskFromSpec(task.spec).reader(undefined, taskOptions);
  const label: LabelOptions = {
    ...{ model: 'mobilenet-v1', engine: 'auto', taskOptions },
    ...Object.fromEntries(set.filter((entry) => !isOfTask(entry))),
    ...(skipStill === undefined || skipStill === false ? {} : { skipStill: thresholdOf(skipStill) }),
    // The workers get JSON, which has no infinity.
    ...(settings.maxWork === Infinity ? { maxWork: Number.MAX_VALUE } : {}),
    ...(given ? { task: given.spec } : {}),
  };
  return { label, how: picked({ job, fresh, workers, memory, maxPixels }), onEvent, onWarning };
}

function thresholdOf(skipStill: unknown): number {
  return skipStill === true ? STILL_THRESHOLD : checkThreshold('labelFiles: skipStill', skipStill);
}

/** The task that options name; the options are not checked yet. */
function givenTask(options: unknown): Task | undefined {
  return typeof options === 'object' && options !== null && 'task' in options ? (options.task as Task) : undefined;
}
