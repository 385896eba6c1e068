import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Pipeline } from '../stages/pipeline.ts';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';

/**
 * A classifier ready to run: how it wants its pictures, its stages with their weights, its classes' names.
 *
 * Its parts go where their names say: `videoFile(path, { resize: net.preprocess })`, `preprocess(net.preprocess)`,
 * `net.pipeline`, `classify({ labels: net.labels })`.
 */
export interface Model {
  readonly name: string;
  readonly preprocess: PreprocessOptions;
  /** `[1, height, width, channels]` → `[1, classes]`. */
  readonly pipeline: Pipeline<Tensor4D, Tensor>;
  /** One name per class. */
  readonly labels: readonly string[];
}
