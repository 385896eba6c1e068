import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';
import type { Pipeline } from '../stages/pipeline.ts';
import type { Classification, ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { Task } from '../tasks/task.ts';

/**
 * A model that can be run: the preprocessing of its pictures, the pipeline with its weights, the task that gives its outputs a
 * meaning, and the labels. `infer(model)` runs it on a stream of pictures.
 *
 * Give `resize: model.preprocess` to a source, so that the source resizes pictures while it decodes them.
 */
export interface Model<T extends object = Classification, O extends object = ClassificationOptions> {
  readonly name: string;
  readonly preprocess: PreprocessOptions;
  /** `[batch, height, width, channels]` → the task's output; for classification `[batch, classes]`. */
  readonly pipeline: Pipeline<Tensor4D, Tensor>;
  readonly task: Task<T, O>;
  /** One name per class. */
  readonly labels: readonly string[];
}
