import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { imagenetLabels } from './labels.ts';
import type { Embedding } from '../tasks/embedding/embedding.ts';
import type { Outputs } from '../tasks/outputs/outputs.ts';
import type { Regression } from '../tasks/regression/regression.ts';
import { checkTask } from './model-from.ts';
import type { Model } from './model.ts';
import { ONNX_OPTION_NAMES } from './onnx/onnx-model-options.ts';
import { PREPARATION_NAMES } from './preparation.ts';
import type { OutputKind } from './output-kind.ts';
import type {
  ImportOptions,
  ImportOutputsOptions,
  ImportTaskOptions,
  PipelineOptions,
  ReadOptions,
} from './readers/model-reader.ts';
import { openModel } from './readers/formats.ts';
import { refuseOptions } from './readers/refuse-options.ts';
import { modelFiles, type ModelSource } from './tfjs/model-files.ts';
import { isIndexedDb } from './tfjs/open-tfjs-model.ts';
import { readIndexedDb } from './tfjs/read-tfjs-model.ts';

const NAMES: OptionNames<ImportOptions<OutputKind> & Pick<ReadOptions, 'task'>> = {
  ...ONNX_OPTION_NAMES,
  ...PREPARATION_NAMES,
  labels: true,
  outputKind: true,
  fromLogits: true,
  task: true,
};

/**
 * Reads a model of any known format: a model file of sluice, a layers model of TensorFlow.js, an `.h5` or
 * `.keras` file of Keras ({@link layersModel}), an export of Teachable Machine with its labels and preprocessing, a graph model
 * ({@link graphModel}), an ONNX model ({@link onnxModel}), or a TensorFlow Lite model ({@link tfliteModel}). `source` is the path (in Node) or the URL of the main file or of its folder, or a list with all files, as
 * a drop event gives them. A share link of Teachable Machine is the URL of a folder: it ends in `/`.
 *
 * `task` says what the outputs mean, such as `detection()`; `outputKind` is shorter for classes, a value or a vector. Without both, the model must be a classifier; what its numbers are then
 * follows from its files, its last operation and its labels, and a warning says what was assumed where that leaves a doubt.
 *
 * Throws the errors of {@link readModel}, {@link layersModel}, {@link onnxModel}, {@link tfliteModel} and {@link graphModel}. Throws `OptionError` for a model whose
 * input is not a picture, and for one that gives a value or a vector while no `outputKind` says so. Throws `WeightsError` if
 * there is not one label per class.
 *
 * @see {@link layersModel}, {@link graphModel}, {@link readModel}, {@link modelFrom}
 *
 * @example
 * // An export of Teachable Machine: model.json, weights.bin, metadata.json.
 * const { pipeline: net, labels } = await importModel(new URL('my-model/model.json', import.meta.url));
 * console.log(labels); // ['cat', 'dog']
 */
export function importModel(
  source: ModelSource,
  options: ImportOptions<'value'> & { readonly outputKind: 'value' },
): Promise<Model<Regression, object>>;
export function importModel(
  source: ModelSource,
  options: ImportOptions<'vector'> & { readonly outputKind: 'vector' },
): Promise<Model<Embedding, object>>;
export function importModel(source: ModelSource, options: ImportOutputsOptions): Promise<Model<Outputs, object>>;
export function importModel<T extends object, O extends object>(
  source: ModelSource,
  options: ImportTaskOptions<T, O>,
): Promise<Model<T, O>>;
export function importModel(source: ModelSource, options?: ImportOptions): Promise<Model>;
export async function importModel(
  source: ModelSource,
  options: ImportOptions<OutputKind> | ImportOutputsOptions | ImportTaskOptions<object, object> = {},
): Promise<Model<object, object>> {
  checkOptions('importModel', options, NAMES);
  const { labels, ...others } = options;
  if (labels !== undefined && labels !== 'imagenet' && !Array.isArray(labels)) {
    throw new OptionError(`importModel: labels must be a list of names or 'imagenet', not ${describeValue(labels)}`);
  }
  const task = 'task' in options ? options.task : undefined;
  checkTask('importModel', task);
  const names = labels === 'imagenet' ? await imagenetLabels(options.signal) : labels;
  return importAny(source, { ...others, ...(names ? { labels: names } : {}), classesOnly: task === undefined });
}

/** Reads a model of any format, for any task. */
export async function importAny(source: ModelSource, options: ReadOptions): Promise<Model<object, object>> {
  if (isIndexedDb(source)) {
    refuseOptions(source.toString(), options, ['input', 'constants', 'state']);
    const { modelOf } = await import('./readers/tfjs-reader.ts');
    return modelOf(await readIndexedDb(new URL(source)), options);
  }
  const files = modelFiles(source, options.signal);
  const { reader, main } = await openModel(files, options);
  return reader.readModel(files, main, options);
}

/** Reads the pipeline of a model file. The model may be for any task. */
export async function importPipeline(source: ModelSource, options: PipelineOptions): Promise<Model['pipeline']> {
  const files = modelFiles(source, options.signal);
  const { reader, main } = await openModel(files, options);
  return reader.readPipeline(files, main, options);
}
