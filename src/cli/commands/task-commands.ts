import { OptionError } from '../../errors/errors.ts';
import { downloadedFor } from '../../models/ready-made.ts';
import type { Task } from '../../tasks/task.ts';

/** The command for each task, by the name of the task. All others are those of `classify`. */
export const COMMANDS: Readonly<Record<string, string>> = {
  detection: 'detect',
  segmentation: 'segment',
  keypoints: 'pose',
};

/** The names of the commands that have a task. */
export const TASK_COMMANDS: readonly string[] = ['classify', ...Object.values(COMMANDS)];

/** The task of a command; undefined for `classify`, which has several. */
export function kindOf(command: string): string | undefined {
  return Object.keys(COMMANDS).find((kind) => COMMANDS[kind] === command);
}

/** Throws `OptionError` for a model whose task has another command. */
export function checkCommand(command: string, model: string, { kind }: Task): void {
  const own = COMMANDS[kind] ?? 'classify';
  if (own === command) return;
  const [fitting] = downloadedFor(kindOf(command) ?? 'classification');
  const other = fitting === undefined ? '' : `, or another model, such as --model ${fitting}`;
  throw new OptionError(`the task of ${model} is ${kind}: use sluice ${own}${other}`);
}
