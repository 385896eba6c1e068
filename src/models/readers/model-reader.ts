import type { Fit } from '../../preprocess/fit.ts';
import type { NormalizeOptions } from '../../stage/normalization.ts';
import type { LayersModelOptions } from '../layers/layers-model.ts';
import type { Model } from '../model.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';

/** Options of `importModel`. */
export interface ImportOptions extends LayersModelOptions {
  /** One name per class. Default: the labels in a `metadata.json` beside the model, else `class 0`, `class 1` … */
  readonly labels?: readonly string[];
  /**
   * The range of pixel values, or mean and deviation, that the model was trained with. Default: what the model file states;
   * 0 to 255 if the model has a layer that scales pixels; −1 to 1 with a `metadata.json` of Teachable Machine; else 0 to 1, with
   * a warning.
   */
  readonly normalize?: NormalizeOptions;
  /** How pictures are resized to the model's input size. Default `cover`. */
  readonly fit?: Fit;
}

/** The reader of a format of model files. To add a format, add its reader to `READERS`. */
export interface ModelReader {
  /** The name of the format in messages: `a model.json`. */
  readonly title: string;
  /** Whether the main file has this format, by its first bytes. */
  recognizes(head: Uint8Array): boolean;
  /** The most bytes that the main file may have, by those that were read. Throws `WeightsError`. */
  maxBytes(read: Uint8Array, name: string): number;
  /** Reads the model. Throws `WeightsError`, and `OptionError` for a model that does not classify pictures. */
  readModel(files: ModelFiles, main: Uint8Array, options: ImportOptions): Promise<Model>;
  /** Reads only the pipeline. The model may be for any task. Throws `WeightsError`. */
  readPipeline(files: ModelFiles, main: Uint8Array, options: LayersModelOptions): Promise<Model['pipeline']>;
}
