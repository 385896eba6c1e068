import { OptionError } from '../errors/errors.ts';
import { few } from './few-names.ts';

/** The main files of known layouts, in the order in which they are looked for. */
const KNOWN = ['model.json', 'keras_model.h5', 'model.onnx', 'onnx/model.onnx'];

/** The file of a SavedModel, which no reader reads: reading it says what to do. */
const SAVED_MODEL = 'saved_model.pb';

/** The endings of model files that have any name. */
const ENDINGS = /\.(onnx|keras|h5|hdf5|tflite|safetensors)$/i;

/** How many names an error lists. */
const FEW = 12;

/**
 * @internal The path of the model's main file in a folder on disk (Node): `model.json`, else `keras_model.h5`, `model.onnx`, else `onnx/model.onnx`, else
 * the only file whose ending is that of a model. Throws `OptionError` that lists what was found.
 */
export function mainFileIn(folder: string): string {
  // Loaded at run time, so that bundlers for the browser find no import of a Node module.
  const { existsSync, readdirSync } = process.getBuiltinModule('node:fs');
  const path = process.getBuiltinModule('node:path');
  const known = KNOWN.map((name) => path.join(folder, name)).find((file) => existsSync(file));
  if (known !== undefined) return known;
  const names = readdirSync(folder).toSorted();
  const models = names.filter((name) => ENDINGS.test(name));
  const [only] = models;
  if (only !== undefined && models.length === 1) return path.join(folder, only);
  if (models.length === 0 && names.includes(SAVED_MODEL)) return path.join(folder, SAVED_MODEL);
  const what = models.length > 1 ? 'several models' : 'no model.json and no other model';
  const found = few(models.length > 1 ? models : names, FEW) || 'nothing';
  const remedy = models.length > 1 ? ': give the path of one of them' : '';
  throw new OptionError(`the folder ${folder} has ${what} (found ${found})${remedy}`);
}
