import type { ModelChoice } from '../../models/model-choice.ts';
import { readerOf } from '../../models/infer.ts';
import type { Model } from '../../models/model.ts';
import { DOWNLOADED, READY_MADE } from '../../models/ready-made.ts';
import { embedding } from '../../tasks/embedding/embedding.ts';

/** The options of `embed`. */
export interface VectorOptions {
  readonly asIs?: boolean;
  readonly normalize?: boolean;
}

/** Loads the model that a command runs: `embed` takes the features of a classifier, unless the model is to be run as it is. */
export async function modelToRun(
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
