import { OptionError } from '../../errors/errors.ts';
import { downloadedFor } from '../../models/ready-made.ts';
import type { Task } from '../../tasks/task.ts';

/** The command of each task that has one of its own. `classify` is that of the others, and `embed` takes vectors of models of several tasks. */
export const COMMANDS: Readonly<Record<string, string>> = {
  detection: 'detect',
  segmentation: 'segment',
  keypoints: 'pose',
  picture: 'restyle',
};

/** The names of the commands whose tasks give results, and not pictures. */
export const RESULT_COMMANDS: readonly string[] = ['classify', 'detect', 'segment', 'pose'];

/** The task of a command; undefined for `classify` and `embed`, which have several. */
export function kindOf(command: string): string | undefined {
  return Object.keys(COMMANDS).find((kind) => COMMANDS[kind] === command);
}

/** Throws `OptionError` for a model whose task has another command. */
export function checkCommand(command: string, model: string, { kind }: Pick<Task, 'kind'>): void {
  const own = COMMANDS[kind] ?? 'classify';
  // What a model gives as a vector, both write.
  if (own === command || (command === 'embed' && kind === 'embedding')) return;
  const [fitting] = downloadedFor(kindOf(command) ?? 'classification');
  const other = fitting === undefined ? '' : `, or another model, such as --model ${fitting}`;
  throw new OptionError(`the task of ${model} is ${kind}: use sluice ${own}${other}`);
}
