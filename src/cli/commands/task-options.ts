import { Option, type Command } from 'commander';
import { OptionError } from '../../errors/errors.ts';
import { downloadedFor } from '../../models/ready-made.ts';
import type { Json } from '../../stage/stage.ts';
import type { ClassificationOptions } from '../../tasks/classification/class-scores.ts';
import { HEADS, type DetectionOutputs } from '../../tasks/detection/detection-outputs.ts';
import type { DetectionOptions } from '../../tasks/detection/detection-options.ts';
import type { Task, TaskSpec } from '../../tasks/task.ts';
import { labelList, numeric, whole } from './values.ts';

/** The options that choose what a result has. Each task has some of them. */
export type ResultOptions = Omit<ClassificationOptions, 'negligible'> & DetectionOptions;

/** The options that say how a model of one's own gives its results. */
export type HeadOptions = Pick<DetectionOutputs, 'head' | 'units' | 'background' | 'multiLabel'>;

/** The names of {@link ResultOptions} on the command line. */
const RESULT_FLAGS: { readonly [Name in keyof ResultOptions]-?: string } = {
  top: '--top',
  minScore: '--min-score',
  maxDetections: '--max-detections',
  iou: '--iou',
  acrossClasses: '--across-classes',
  only: '--only',
  except: '--except',
};

/** The names of {@link HeadOptions} on the command line. */
const HEAD_FLAGS: { readonly [Name in keyof HeadOptions]-?: string } = {
  head: '--head',
  units: '--units',
  background: '--background',
  multiLabel: '--multi-label',
};

/** The command for each task, by the name of the task. All others are those of `classify`. */
const COMMANDS: Readonly<Record<string, string>> = { detection: 'detect' };

/** The names of the commands that have a task. */
export const TASK_COMMANDS: readonly string[] = ['classify', ...Object.values(COMMANDS)];

const score = numeric((value) => value >= 0 && value <= 1, 'from 0 to 1');

/** Adds the options that choose the classes of a result. */
export function classOptions(command: Command): Command {
  return command
    .option(
      '--top <n>',
      'how many classes to list per frame, best first (default: 5; all labels that reach --min-score for multiLabel)',
      whole(1),
    )
    .option(
      '--min-score <score>',
      'leave out classes with a lower score, any number (default: none; 0.5 for multiLabel)',
      numeric(() => true, 'such as 0.5 or -3'),
    );
}

/** Adds the options that choose the boxes of a result. `--min-score` is apart, since another task may have it, too. */
export function boxOptions(command: Command): Command {
  return command
    .option('--max-detections <n>', 'the most boxes of a frame; the best are kept (default: 100)', whole(1))
    .option(
      '--iou <share>',
      'of two boxes whose intersection over union is higher, keep the better one (default: 0.5, or none where the model does this)',
      score,
    )
    .option('--across-classes', 'compare boxes of different classes as well, so that an object has one label')
    .option('--only <label,…>', 'the labels to look for (default: all)', labelList)
    .option('--except <label,…>', 'labels to leave out', labelList);
}

/** Adds the option that leaves out boxes by their score. */
export function boxScore(command: Command): Command {
  return command.option('--min-score <score>', 'leave out boxes with a lower score (default: 0.5)', score);
}

/** Adds the options that say how a detector of one's own gives its boxes. */
export function headOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--head <name>',
        'how a detector of your own gives its boxes (default: by the shapes and names of its outputs)',
        // Anchors are a list that only code can give.
      ).choices(HEADS.filter((name) => name !== 'ssd-raw')),
    )
    .addOption(
      new Option(
        '--units <unit>',
        'what the coordinates of its boxes are: pixels of its input, or 0 to 1 (default: by the head)',
      ).choices(['pixels', 'relative']),
    )
    .option('--background <n>', 'the number of its class that means that there is no object (default: none)', whole(0))
    .option('--multi-label', 'a box of it may have several labels');
}

/**
 * The options of a command with the task that it is for. What says how a model of one's own gives its results becomes part of the task.
 * Throws `OptionError` for such an option of another task.
 */
export function withTaskOf<Options extends HeadOptions & { readonly fromLogits?: boolean }>(
  command: string,
  options: Options,
): Omit<Options, keyof HeadOptions | 'fromLogits'> & { readonly task?: TaskSpec } {
  const { head, units, background, multiLabel, fromLogits, ...others } = options;
  const settings = { head, units, background, multiLabel };
  const given = (Object.keys(settings) as (keyof HeadOptions)[]).filter((name) => settings[name] !== undefined);
  const kind = Object.keys(COMMANDS).find((name) => COMMANDS[name] === command);
  if (kind === undefined) {
    const [foreign] = given;
    if (foreign === undefined) return options;
    throw new OptionError(`${HEAD_FLAGS[foreign]} is for detectors: give --task detect`);
  }
  const outputs = { ...settings, fromLogits };
  const known = Object.entries(outputs).filter(([, value]) => value !== undefined);
  return { ...others, task: { ...Object.fromEntries(known), kind } };
}

/** Picks the task's options from a command's options. */
export function taskOptionsOf(command: ResultOptions): Record<string, Json> {
  const names = Object.keys(RESULT_FLAGS) as (keyof ResultOptions)[];
  return Object.fromEntries(
    names.filter((name) => command[name] !== undefined).map((name) => [name, command[name] as Json]),
  );
}

/** The options of a model's task. Throws `OptionError` for one that the task does not have. */
export function taskOptionsFor(task: Task, command: ResultOptions): Record<string, Json> {
  const options = taskOptionsOf(command);
  const foreign = Object.keys(options).find((name) => !task.optionNames.includes(name)) as
    | keyof ResultOptions
    | undefined;
  if (foreign === undefined) return options;
  const flag = RESULT_FLAGS[foreign];
  const [what, remedy] =
    foreign === 'top' || foreign === 'minScore'
      ? ['classes', ', or give --output-kind']
      : ['boxes', ', or give --task detect'];
  throw new OptionError(
    `${flag} selects ${what}, but the model gives none (its task is ${task.kind}): leave out ${flag}${remedy}`,
  );
}

/** Throws `OptionError` for a model whose task has a command of its own. */
export function checkCommand(command: string, model: string, { kind }: Task): void {
  const own = COMMANDS[kind] ?? 'classify';
  if (own === command) return;
  const task = Object.keys(COMMANDS).find((name) => COMMANDS[name] === command) ?? 'classification';
  const [fitting] = downloadedFor(task);
  const other = fitting === undefined ? '' : `, or another model, such as --model ${fitting}`;
  throw new OptionError(`the task of ${model} is ${kind}: use sluice ${own}${other}`);
}
