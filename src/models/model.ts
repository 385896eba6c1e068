import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';
import type { Pipeline } from '../stages/pipeline.ts';
import type { Classification, ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { Task } from '../tasks/task.ts';

/**
 * What is loaded and run: how pictures are prepared, the pipeline with its weights, the task that knows what its outputs
 * mean, and the labels. `infer(model)` runs it on a stream of pictures.
 *
 * A source that is given `resize: model.preprocess` resizes its pictures while it decodes them.
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
