import { toStage } from '../models/graph/graph-model.ts';
import { readModel } from '../models/model-file.ts';
import type { Model } from '../models/model.ts';
import type { AnyStage } from '../stage/stage.ts';
import type { SentModel } from './sent-model.ts';

/** Builds the model that the page sent, on the engine of the worker. */
export async function receivedModel({ file, graphs }: SentModel): Promise<Model<object, object>> {
  const stages: AnyStage[] = [];
  for (const { model, options } of graphs) {
    // The page got the warnings when it read the model.
    stages.push((await toStage(model, { ...options, onWarning: () => undefined })).stage);
  }
  const next = stages.values();
  const graphModel = () => next.next().value as AnyStage;
  return readModel<object, object>(file, 'the model', { maxWork: Infinity, stages: { graphModel } });
}
