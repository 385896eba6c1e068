import { checkKnown } from '../errors/known-options.ts';
import type { LayersModelOptions } from './layers/layers-model.ts';
import type { Model } from './model.ts';
import type { ImportOptions } from './readers/model-reader.ts';
import { openModel } from './readers/readers.ts';
import { modelOf } from './readers/tfjs-reader.ts';
import { modelFiles, type ModelSource } from './tfjs/model-files.ts';
import { isIndexedDb } from './tfjs/open-tfjs-model.ts';
import { readIndexedDb } from './tfjs/read-tfjs-model.ts';

const OPTIONS = ['labels', 'normalize', 'fit', 'inputShape', 'output', 'onWarning'];

/**
 * Reads a classifier from a file of any known format: a model file of sluice, a model of tfjs-layers or Keras
 * ({@link layersModel}), an export of Teachable Machine with its labels and preprocessing, or a graph model
 * ({@link graphModel}). `source` is the URL of its main file, or all its files, as a page gets them when they are dropped.
 *
 * Throws as these do; `OptionError` for a model that takes no pictures or gives no scores; `WeightsError` where there
 * is not one label for each class.
 *
 * @see {@link layersModel}, {@link graphModel}, {@link readModel}, {@link modelFrom}
 *
 * @example
 * // An export of Teachable Machine: model.json, weights.bin, metadata.json.
 * const { pipeline: net, labels } = await importModel(new URL('my-model/model.json', import.meta.url));
 * console.log(labels); // ['cat', 'dog']
 */
export async function importModel(source: ModelSource, options: ImportOptions = {}): Promise<Model> {
  checkKnown('importModel', options, OPTIONS);
  if (isIndexedDb(source)) return modelOf(await readIndexedDb(source), options, undefined);
  const files = modelFiles(source);
  const { reader, main } = await openModel(files);
  return reader.readModel(files, main, options);
}

/** The pipeline of a model file, whatever the model is for. */
export async function importPipeline(source: ModelSource, options: LayersModelOptions): Promise<Model['pipeline']> {
  const files = modelFiles(source);
  const { reader, main } = await openModel(files);
  return reader.readPipeline(files, main, options);
}
