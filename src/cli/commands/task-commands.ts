import { OptionError } from '../../errors/errors.ts';
import type { ModelChoice } from '../../models/model-choice.ts';
import { DOWNLOADED, downloadedFor, READY_MADE } from '../../models/ready-made.ts';
import { readerOf } from '../../models/infer.ts';
import type { Model } from '../../models/model.ts';
import { embedding } from '../../tasks/embedding/embedding.ts';
import type { Task } from '../../tasks/task.ts';

/** The command for each task, by the name of the task. All others are those of `classify`. */
export const COMMANDS: Readonly<Record<string, string>> = {
  detection: 'detect',
  segmentation: 'segment',
  keypoints: 'pose',
  picture: 'restyle',
};

/** The options of `embed`. */
export interface VectorOptions {
  readonly asIs?: boolean;
  readonly normalize?: boolean;
}

/** The names of the commands whose tasks give results, and not pictures. */
export const RESULT_COMMANDS: readonly string[] = ['classify', 'detect', 'segment', 'pose'];

/** The task of a command; undefined for `classify`, which has several. */
export function kindOf(command: string): string | undefined {
  return Object.keys(COMMANDS).find((kind) => COMMANDS[kind] === command);
}

/** Loads the model that a command runs: `embed` takes the features of a classifier, unless the model is to be run as it is. */
export async function modelFor(
  command: string,
  choice: ModelChoice & VectorOptions,
  load: (choice: ModelChoice) => Promise<Model<object, object>>,
): Promise<Model<object, object>> {
  if (command !== 'embed') return load(choice);
  const { asIs = false, normalize = false } = choice;
  // Of a file, the numbers are then not taken for those of classes.
  const isVector = asIs && !READY_MADE.has(choice.model) && !DOWNLOADED.has(choice.model);
  const model = await load(
    isVector ? { ...choice, task: { kind: 'embedding', ...(normalize ? { normalize } : {}) } } : choice,
  );
  if (model.task.kind === 'classification' && !asIs) {
    const { features } = await import('../../training/transfer/features.ts');
    return features(model, { normalize });
  }
  const task = embedding({ normalize: normalize || model.task.spec['normalize'] === true });
  const vectors = { ...model, task, labels: [] };
  readerOf('embed', vectors);
  return vectors;
}

/** Throws `OptionError` for a model whose task has another command. */
export function checkCommand(command: string, model: string, { kind }: Task): void {
  const own = COMMANDS[kind] ?? 'classify';
  // What a model gives as a vector, both write.
  if (own === command || (command === 'embed' && kind === 'embedding')) return;
  const [fitting] = downloadedFor(kindOf(command) ?? 'classification');
  const other = fitting === undefined ? '' : `, or another model, such as --model ${fitting}`;
  throw new OptionError(`the task of ${model} is ${kind}: use sluice ${own}${other}`);
}
