import { Option, type Command } from 'commander';
import { nameInTask, type TaskOptionsInJob } from '../../batch/task-option-names.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Json } from '../../stage/stage.ts';
import type { ClassificationOptions } from '../../tasks/classification/class-scores.ts';
import type { DetectionOptions } from '../../tasks/detection/detection-options.ts';
import type { KeypointOptions } from '../../tasks/keypoints/keypoint-options.ts';
import type { SegmentationOptions } from '../../tasks/segmentation/segmentation-options.ts';
import type { Task } from '../../tasks/task.ts';
import { labelList, numeric, whole } from './values.ts';

/** The options that choose what a result has. Each task has some of them. */
export interface ResultOptions
  extends
    Omit<ClassificationOptions, 'negligible'>,
    DetectionOptions,
    KeypointOptions,
    TaskOptionsInJob<SegmentationOptions> {}

/** The name of each on the command line, and what it selects. */
const FLAGS: { readonly [Name in keyof ResultOptions]-?: readonly [flag: string, what: string] } = {
  top: ['--top', 'classes'],
  minScore: ['--min-score', 'classes'],
  maxDetections: ['--max-detections', 'boxes'],
  iou: ['--iou', 'boxes'],
  acrossClasses: ['--across-classes', 'boxes'],
  only: ['--only', 'labels of boxes or regions'],
  except: ['--except', 'labels of boxes or regions'],
  minPointScore: ['--min-point-score', 'points'],
  maxPoses: ['--max-poses', 'poses'],
  mapSize: ['--map-size', 'the size of a map'],
  minShare: ['--min-share', 'regions'],
  threshold: ['--threshold', 'regions'],
};

const NAMES = Object.keys(FLAGS) as (keyof ResultOptions)[];

const score = numeric((value) => value >= 0 && value <= 1, 'from 0 to 1');
const positive = numeric((value) => value > 0 && value <= 1, 'over 0 and at most 1');

/** Adds options that the command does not have yet: `batch` has those of all tasks. */
function add(command: Command, ...options: readonly Option[]): Command {
  for (const option of options) {
    if (!command.options.some(({ long }) => long === option.long)) command.addOption(option);
  }
  return command;
}

const IOU = new Option(
  '--iou <share>',
  'of two boxes whose intersection over union is higher, keep the better one (default: 0.5, or none where the model does this)',
).argParser(score);

const LABELS = [
  new Option('--only <label,…>', 'the labels to look for (default: all)').argParser(labelList),
  new Option('--except <label,…>', 'labels to leave out').argParser(labelList),
];

/** Adds the option for the lowest score of the results of any task. */
export function scoreOption(command: Command): Command {
  return add(
    command,
    new Option(
      '--min-score <score>',
      'leave out classes, boxes and poses with a lower score (default: none for classes, 0.5 for multiLabel and boxes, 0.25 for poses)',
    ).argParser(numeric(() => true, 'such as 0.5 or -3')),
  );
}

/** Adds the options that choose the classes of a result. */
export function classOptions(command: Command): Command {
  return add(
    command,
    new Option(
      '--top <n>',
      'how many classes to list per frame, best first (default: 5; all labels that reach --min-score for multiLabel)',
    ).argParser(whole(1)),
    new Option(
      '--min-score <score>',
      'leave out classes with a lower score, any number (default: none; 0.5 for multiLabel)',
    ).argParser(numeric(() => true, 'such as 0.5 or -3')),
  );
}

/** Adds the options that choose the boxes of a result. */
export function boxOptions(command: Command): Command {
  return add(
    command,
    new Option('--min-score <score>', 'leave out boxes with a lower score (default: 0.5)').argParser(score),
    new Option('--max-detections <n>', 'the most boxes of a frame; the best are kept (default: 100)').argParser(
      whole(1),
    ),
    IOU,
    new Option('--across-classes', 'compare boxes of different classes as well, so that an object has one label'),
    ...LABELS,
  );
}

/** Adds the options that choose the poses of a result. */
export function poseOptions(command: Command): Command {
  return add(
    command,
    new Option('--min-score <score>', 'leave out poses with a lower score (default: 0.25)').argParser(score),
    new Option('--min-point-score <score>', 'leave out points with a lower score (default: 0.3)').argParser(score),
    new Option('--max-poses <n>', 'the most poses of a frame; the best are kept (default: 100)').argParser(whole(1)),
    IOU,
  );
}

/** Adds the options that choose the regions of a result. */
export function regionOptions(command: Command): Command {
  return add(
    command,
    ...LABELS,
    new Option('--min-share <share>', 'leave out regions with a smaller share of the picture (default: 0)').argParser(
      score,
    ),
    new Option(
      '--threshold <probability>',
      'of a mask: pixels of this probability or more are in the region (default: 0.5)',
    ).argParser(positive),
    new Option(
      '--map-size <size>',
      'the size of the map of regions: that of the picture, or of the network, which makes smaller files (default: source)',
    ).choices(['source', 'network']),
  );
}

/** Picks the task's options from a command's options. */
export function taskOptionsOf(command: ResultOptions): Record<string, Json> {
  const given = NAMES.filter((name) => command[name] !== undefined);
  return Object.fromEntries(given.map((name) => [nameInTask(name), command[name] as Json]));
}

/** The options of a command without those. */
export function withoutTaskOptions<Options extends ResultOptions>(
  command: Options,
): Omit<Options, keyof ResultOptions> {
  const others = Object.entries(command).filter(([name]) => !NAMES.includes(name as keyof ResultOptions));
  return Object.fromEntries(others) as Omit<Options, keyof ResultOptions>;
}

/** The options of a model's task. Throws `OptionError` for one that the task does not have. */
export function taskOptionsFor({ kind, optionNames }: Task, command: ResultOptions): Record<string, Json> {
  const foreign = NAMES.find((name) => command[name] !== undefined && !optionNames.includes(nameInTask(name)));
  if (foreign === undefined) return taskOptionsOf(command);
  const [flag, what] = FLAGS[foreign];
  const remedy = what === 'classes' ? ', or give --output-kind' : ', or give --task';
  throw new OptionError(
    `${flag} selects ${what}, but the model gives none (its task is ${kind}): leave out ${flag}${remedy}`,
  );
}
