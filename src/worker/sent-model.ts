import { OptionError } from '../errors/errors.ts';
import { ownStages } from '../models/from-spec.ts';
import { graphsIn, originOf, type GraphOrigin } from '../models/graph/graph-origin.ts';
import { writeModel } from '../models/model-file.ts';
import type { Model } from '../models/model.ts';

/** A model as a message to the worker. */
export interface SentModel {
  /** All but the graph models, as a file of `writeModel`. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** What its graph models are made from, in the order of the pipeline. */
  readonly graphs: readonly GraphOrigin[];
}

/** Throws `OptionError` for a model that can't be sent. */
export function checkSendable({ name, pipeline }: Model<object, object>): void {
  const own = pipeline.parts.flatMap(({ stage }) => (originOf(stage) ? [] : ownStages(stage.spec)));
  if (own.length > 0) {
    throw new OptionError(
      `inWorker can't run ${own.join(', ')} of ${name}: the worker builds each stage from its spec, which is not possible ` +
        'for stages of your own and for what runs on ONNX Runtime. Run the model with infer, or remove these stages.',
    );
  }
  if (!pipeline.inputShape) throw new OptionError(`inWorker: declare inputShape for ${name} to send it to the worker`);
}

/** Copies the model, so that the page keeps its own. */
export function sentModel(model: Model<object, object>): SentModel {
  return { file: writeModel(model) as Uint8Array<ArrayBuffer>, graphs: graphsIn(model.pipeline) };
}
