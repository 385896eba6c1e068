import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { asObject } from './as-object.ts';
import { modelFiles, type ModelSource } from './model-files.ts';
import { readIndexedDb, readModelJson, readTfjsModel, type TfjsModel } from './read-tfjs-model.ts';

/** @internal The two kinds of model that tfjs has, by its names for them. */
export type ModelFormat = 'layers-model' | 'graph-model';

type ModelJson = TfjsModel['json'];

/** @internal Reads a model of one kind from wherever it is; throws `WeightsError`, for another kind before its weights are read. */
export async function openTfjsModel(source: ModelSource, wanted: ModelFormat): Promise<TfjsModel> {
  if (isIndexedDb(source)) {
    const model = await readIndexedDb(source);
    checkFormat(model.file, model.json, wanted);
    return model;
  }
  const files = modelFiles(source);
  const json = await readModelJson(files);
  checkFormat(files.name, json, wanted);
  return readTfjsModel(files, json);
}

/** @internal */
export function isIndexedDb(source: ModelSource): source is URL {
  return source instanceof URL && source.protocol === 'indexeddb:';
}

/** @internal What a `model.json` is, also where it does not say so. */
export function formatOf({ format, modelTopology }: ModelJson): ModelFormat {
  return format === 'graph-model' || asObject(modelTopology)?.['node'] !== undefined ? 'graph-model' : 'layers-model';
}

/** @internal Throws `WeightsError` for a model of the other kind, of a later format, or without a topology. */
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
    throw new WeightsError(`${file} is of format ${describeValue(format)}; ${wanted} can be read`);
  }
  const whole = wanted === 'graph-model' ? Array.isArray(topology?.['node']) : topology !== undefined;
  if (whole) return;
  const lacks = wanted === 'graph-model' ? 'has no list of nodes' : 'describes no model';
  throw new WeightsError(`${file} has ${describeValue(modelTopology)} as modelTopology, which ${lacks}`);
}
