import { Option, type Command } from 'commander';
import { OptionError } from '../../errors/errors.ts';
import { HEADS as BOX_HEADS, type DetectionOutputs } from '../../tasks/detection/detection-outputs.ts';
import { HEADS as POINT_HEADS, type KeypointOutputs } from '../../tasks/keypoints/keypoint-outputs.ts';
import type { SegmentationOutputs } from '../../tasks/segmentation/segmentation-outputs.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import { COMMANDS, kindOf } from './task-commands.ts';
import { whole } from './values.ts';

/** The options that say how a model of one's own gives its results. Each task has some of them. */
export interface HeadOptions {
  readonly head?: NonNullable<DetectionOutputs['head'] | KeypointOutputs['head']>;
  readonly units?: NonNullable<DetectionOutputs['units']>;
  readonly background?: number;
  readonly multiLabel?: boolean;
  readonly refine?: NonNullable<KeypointOutputs['refine']>;
  readonly mapKind?: NonNullable<SegmentationOutputs['outputKind']>;
  readonly alignCorners?: boolean;
}

/** The name of each on the command line, its name in code, and the tasks that have it. */
const FLAGS: {
  readonly [Name in keyof HeadOptions]-?: readonly [flag: string, setting: string, ...kinds: readonly string[]];
} = {
  head: ['--head', 'head', 'detection', 'keypoints'],
  units: ['--units', 'units', 'detection', 'keypoints'],
  background: ['--background', 'background', 'detection', 'segmentation'],
  multiLabel: ['--multi-label', 'multiLabel', 'detection'],
  refine: ['--refine', 'refine', 'keypoints'],
  mapKind: ['--map-kind', 'outputKind', 'segmentation'],
  alignCorners: ['--align-corners', 'alignCorners', 'segmentation'],
};

const NAMES = Object.keys(FLAGS) as (keyof HeadOptions)[];

// Anchors are a list that only code can give.
const HEADS: Readonly<Record<string, readonly string[]>> = {
  detection: BOX_HEADS.filter((name) => name !== 'ssd-raw'),
  keypoints: POINT_HEADS,
};

/** Adds the options that say how a model of one's own gives the results of these tasks. */
export function headOptions(command: Command, ...kinds: readonly string[]): Command {
  const options: { readonly [Name in keyof HeadOptions]-?: () => Option } = {
    head: () =>
      new Option(
        '--head <name>',
        'how a model of your own gives its results (default: by the shapes and names of its outputs)',
      ).choices(kinds.flatMap((kind) => HEADS[kind] ?? [])),
    units: () =>
      new Option(
        '--units <unit>',
        'what its coordinates are: pixels of its input, or 0 to 1 (default: by the head)',
      ).choices(['pixels', 'relative']),
    background: () =>
      new Option(
        '--background <n>',
        'the number of its class that means that there is nothing (default: none)',
      ).argParser(whole(0)),
    multiLabel: () => new Option('--multi-label', 'a box of it may have several labels'),
    refine: () =>
      new Option(
        '--refine <how>',
        'how a point is placed between the cells of its heat map (default: quarter)',
      ).choices(['none', 'quarter', 'dark']),
    mapKind: () =>
      new Option(
        '--map-kind <kind>',
        'what its map holds: numbers of classes, scores of classes, or the mask of one (default: by the output and the labels)',
      ).choices(['classes', 'scores', 'mask']),
    alignCorners: () =>
      new Option('--align-corners', 'the outer values of its map are those of the outer pixels of its input'),
  };
  for (const name of NAMES) {
    const [, , ...own] = FLAGS[name];
    if (own.some((kind) => kinds.includes(kind))) command.addOption(options[name]());
  }
  return command;
}

/** Adds the option for scores that are logits, where `--output-kind` does not have it. */
export function logitsOption(command: Command): Command {
  return command.option('--from-logits', 'its scores are logits, which get a sigmoid');
}

/**
 * The options of a command with the task that it is for. What says how a model of one's own gives its results becomes part of the task.
 * Throws `OptionError` for such an option of another task.
 */
export function withTaskOf<Options extends HeadOptions & { readonly fromLogits?: boolean }>(
  command: string,
  options: Options,
): Omit<Options, keyof HeadOptions> & { readonly task?: TaskSpec } {
  const kind = kindOf(command);
  const given = NAMES.filter((name) => options[name] !== undefined);
  const foreign = given.find((name) => !FLAGS[name].slice(2).includes(kind ?? ''));
  if (foreign !== undefined) {
    const [flag, , ...kinds] = FLAGS[foreign];
    throw new OptionError(`${flag} is for --task ${kinds.map((own) => COMMANDS[own]).join(' and ')}`);
  }
  if (kind === undefined) return options;
  const { fromLogits, ...rest } = options;
  const others = Object.entries(rest).filter(([name]) => !NAMES.includes(name as keyof HeadOptions));
  const settings = given.map((name) => [FLAGS[name][1], options[name]] as const);
  const task = { ...Object.fromEntries(settings), ...(fromLogits === undefined ? {} : { fromLogits }), kind };
  return { ...(Object.fromEntries(others) as Omit<Options, keyof HeadOptions>), task };
}
