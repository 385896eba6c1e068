import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { LAYERS_OPTION_NAMES, type LayersModelOptions } from './layers/layers-model.ts';
import type { Model } from './model.ts';
import type { ImportOptions } from './readers/model-reader.ts';
import { openModel } from './readers/readers.ts';
import { modelOf } from './readers/tfjs-reader.ts';
import { modelFiles, type ModelSource } from './tfjs/model-files.ts';
import { isIndexedDb } from './tfjs/open-tfjs-model.ts';
import { readIndexedDb } from './tfjs/read-tfjs-model.ts';

const NAMES: OptionNames<ImportOptions> = { ...LAYERS_OPTION_NAMES, labels: true, normalize: true, fit: true };

/**
 * Reads a classifier of any known format: a model file of sluice, a layers model of TensorFlow.js or Keras
 * ({@link layersModel}), an export of Teachable Machine with its labels and preprocessing, or a graph model
 * ({@link graphModel}). `source` is the path (in Node) or the URL of the main file or of its folder, or a list with all files, as
 * a drop event gives them. A share link of Teachable Machine is the URL of a folder: it ends in `/`.
 *
 * Throws the errors of {@link readModel}, {@link layersModel} and {@link graphModel}. Throws `OptionError` for a model whose
 * input is not a picture or whose output is not scores, and `WeightsError` if there is not one label per class.
 *
 * @see {@link layersModel}, {@link graphModel}, {@link readModel}, {@link modelFrom}
 *
 * @example
 * // An export of Teachable Machine: model.json, weights.bin, metadata.json.
 * const { pipeline: net, labels } = await importModel(new URL('my-model/model.json', import.meta.url));
 * console.log(labels); // ['cat', 'dog']
 */
export async function importModel(source: ModelSource, options: ImportOptions = {}): Promise<Model> {
  checkOptions('importModel', options, NAMES);
  if (isIndexedDb(source)) return modelOf(await readIndexedDb(new URL(source)), options, undefined);
  const files = modelFiles(source, options.signal);
  const { reader, main } = await openModel(files);
  return reader.readModel(files, main, options);
}

/** Reads the pipeline of a model file. The model may be for any task. */
export async function importPipeline(source: ModelSource, options: LayersModelOptions): Promise<Model['pipeline']> {
  const files = modelFiles(source, options.signal);
  const { reader, main } = await openModel(files);
  return reader.readPipeline(files, main, options);
}
