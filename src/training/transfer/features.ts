import { checkModel } from '../../models/infer.ts';
import type { Model } from '../../models/model.ts';
import { tensorForm } from '../../preprocess/to-tensor.ts';
import type { Shape } from '../../stage/shape.ts';
import { shapesThrough } from '../../stage/shapes-through.ts';
import type { AnyStage, NamedStage } from '../../stage/stage.ts';
import { flatten } from '../../stages/flatten.ts';
import { globalAvgPool } from '../../stages/global-avg-pool.ts';
import { pipelineOf } from '../../stages/pipeline.ts';
import { embedding, type Embedding, type EmbeddingOutputs } from '../../tasks/embedding/embedding.ts';
import { cutPlace } from './cut-place.ts';

/**
 * Makes a model of a classifier that gives the features of a picture in place of its classes: a vector, by which pictures can be compared.
 * It is what comes before the last stage with weights; features that are still pictures `[1, height, width, channels]` are averaged over
 * height and width. `outputs` are the settings of {@link embedding}.
 *
 * Throws `OptionError` for a model that has nothing before its last stage with weights, such as one that TensorFlow.js or ONNX Runtime
 * runs as a whole: import it with the layer or node that gives features as `output`, and `task: embedding()`.
 *
 * @see {@link similarTo}, {@link embedding}, {@link transfer}
 *
 * @example
 * const model = features(await mobilenetV1(), { normalize: true });
 * console.log(model.pipeline.outputShape([1, 224, 224, 3])); // [1, 1024]
 */
export function features(base: Model<object, object>, outputs: EmbeddingOutputs = {}): Model<Embedding, object> {
  checkModel('features', base);
  const { name, preprocess } = base;
  const task = embedding(outputs);
  const input = tensorForm('features', preprocess).shape(preprocess.height, preprocess.width);
  const { front } = cutPlace('features', base, input, 1);
  const vectors = toVector(shapesThrough(front, input).at(-1) ?? input);
  const pipeline = row(`${name}-features`, input, [...front, ...vectors]);
  return { name: `${name}-features`, preprocess, pipeline, task, labels: [] };
}

/** @internal What makes a vector of features. */
export function toVector(shape: Shape): readonly AnyStage[] {
  if (shape.length === 2) return [];
  return [shape.length === 4 ? globalAvgPool() : flatten()];
}

/** @internal A pipeline of stages, which keep their names and weights. */
export function row(name: string, inputShape: Shape, stages: readonly (AnyStage | NamedStage)[]): Model['pipeline'] {
  const own = stages.map((one) => ('stage' in one ? one.stage.named(one.name) : one));
  return pipelineOf({ name, inputShape }, own) as unknown as Model['pipeline'];
}
