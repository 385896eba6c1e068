import type { Fit } from '../../preprocess/fit.ts';
import type { NormalizeOptions } from '../../stage/normalization.ts';
import type { LayersModelOptions } from '../layers/layers-model.ts';
import type { Model } from '../model.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';

/** Options of `importModel`. */
export interface ImportOptions extends LayersModelOptions {
  /** One name per class. Default: the names in a `metadata.json` beside the model, else `class 0`, `class 1` … */
  readonly labels?: readonly string[];
  /**
   * The range of pixel values, or mean and deviation, that the model was trained with. Default: what the model says; −1 to
   * 1 for exports of Teachable Machine, 0 to 255 where its first layer scales them, else 0 to 1, with a warning.
   */
  readonly normalize?: NormalizeOptions;
  /** How pictures are brought to the model's size. Default `cover`. */
  readonly fit?: Fit;
}

/** A format of model files, told by the first bytes of its main file. To add a format, add its reader to `READERS`. */
export interface ModelReader {
  /** What such a file is called in messages: `a model.json`. */
  readonly title: string;
  recognizes(main: Uint8Array): boolean;
  /** Reads the whole model. Throws `WeightsError`, and `OptionError` for a model that is no classifier of pictures. */
  readModel(files: ModelFiles, main: Uint8Array, options: ImportOptions): Promise<Model>;
  /** Reads the pipeline alone, whatever the model is for. Throws `WeightsError`. */
  readPipeline(files: ModelFiles, main: Uint8Array, options: LayersModelOptions): Promise<Model['pipeline']>;
}
