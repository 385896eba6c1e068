import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { kerasFormat, readKerasFile } from '../keras/keras-file.ts';
import { MAX_JSON, MAX_WEIGHT_BYTES } from '../limits.ts';
import { tooLong } from '../read-at-most.ts';
import { asObject } from './as-object.ts';
import { modelFiles, type ModelSource } from './model-files.ts';
import { parseObject, readIndexedDb, readTfjsModel, type TfjsModel } from './read-tfjs-model.ts';
import { isA } from '../../errors/is-a.ts';

/** @internal The two formats of TensorFlow.js models. */
export type ModelFormat = 'layers-model' | 'graph-model';

type ModelJson = TfjsModel['json'];

/** @internal Reads a model of the wanted format. Throws `WeightsError`; for the other format it does so before it reads weights. */
export async function openTfjsModel(
  source: ModelSource,
  wanted: ModelFormat,
  signal?: AbortSignal,
): Promise<TfjsModel> {
  if (isIndexedDb(source)) {
    const model = await readIndexedDb(new URL(source));
    checkFormat(model.file, model.json, wanted);
    return model;
  }
  const files = modelFiles(source, signal);
  const main = await files.main((head, length = 0) => {
    const most = kerasFormat(head) ? MAX_WEIGHT_BYTES : MAX_JSON;
    if (length > most) throw tooLong(most);
    return most;
  });
  if (kerasFormat(main)) {
    if (wanted === 'graph-model')
      throw new WeightsError(`${files.name} is a layers model: read it with layersModel(…)`);
    return (await readKerasFile(files, main)).model;
  }
  const json = parseObject(files.name, main);
  checkFormat(files.name, json, wanted);
  return readTfjsModel(files, json);
}

/** @internal Whether a source is a model in the browser's IndexedDB. */
export function isIndexedDb(source: ModelSource): source is string | URL {
  return (typeof source === 'string' || isA('URL', source)) && /^indexeddb:/i.test(String(source));
}

/** @internal The format of a `model.json`, by its `format` or, without one, by its topology. */
export function formatOf({ format, modelTopology }: ModelJson): ModelFormat {
  return format === 'graph-model' || asObject(modelTopology)?.['node'] !== undefined ? 'graph-model' : 'layers-model';
}

/** @internal Throws `WeightsError` for a model of another format or without a topology. */
export function checkFormat(file: string, json: ModelJson, wanted: ModelFormat): void {
  const { format, modelTopology } = json;
  const topology = asObject(modelTopology);
  if (wanted === 'layers-model' && formatOf(json) === 'graph-model') {
    throw new WeightsError(`${file} is a graph model: read it with graphModel(…)`);
  }
  if (
    wanted === 'graph-model' &&
    (format === 'layers-model' || topology?.['model_config'] || topology?.['class_name'])
  ) {
    throw new WeightsError(`${file} is a layers model: read it with layersModel(…)`);
  }
  if (format !== undefined && format !== null && format !== wanted) {
    throw new WeightsError(`${file} has the format ${describeValue(format)}, but only ${wanted} is supported`);
  }
  const whole = wanted === 'graph-model' ? Array.isArray(topology?.['node']) : topology !== undefined;
  if (whole) return;
  const lacks = wanted === 'graph-model' ? 'has no list of nodes' : 'does not describe a model';
  throw new WeightsError(`${file} has ${describeValue(modelTopology)} as modelTopology, which ${lacks}`);
}
