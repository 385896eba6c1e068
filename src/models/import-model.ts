import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError, WeightsError } from '../errors/errors.ts';
import { pipeline, type Pipeline } from '../stages/pipeline.ts';
import type { Fit } from '../preprocess/fit.ts';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';
import { describeShape, type Shape } from '../stage/shape.ts';
import { flatten } from '../stages/flatten.ts';
import { toStage } from './graph/graph-model.ts';
import { toPipeline, type LayersModelOptions } from './layers/layers-model.ts';
import { MAX_JSON, MAX_WEIGHT_BYTES } from './limits.ts';
import { classification } from '../tasks/classification/classification.ts';
import { readModel } from './model-file.ts';
import type { Model } from './model.ts';
import { readMetadata } from './teachable-machine.ts';
import { modelFiles, type ModelSource } from './tfjs/model-files.ts';
import { checkFormat, formatOf, isIndexedDb } from './tfjs/open-tfjs-model.ts';
import { parseObject, readIndexedDb, readTfjsModel, type TfjsModel } from './tfjs/read-tfjs-model.ts';
import type { NormalizeOptions } from '../stage/normalization.ts';

/** Options of {@link importModel}. */
export interface ImportOptions extends LayersModelOptions {
  /** One name per class. Default: those in a `metadata.json` beside the model, else `class 0`, `class 1` … */
  readonly labels?: readonly string[];
  /**
   * What the network wants its pixels as. Default: what the model says; −1 to 1 for Teachable Machine's, 0 to 255 where
   * it begins by scaling them itself, else 0 to 1, with a warning.
   */
  readonly normalize?: NormalizeOptions;
  /** How pictures are brought to its size; default `cover`. */
  readonly fit?: Fit;
}

/**
 * Reads a classifier, whatever wrote it, and makes a network of it: a sluice model file, a model of tfjs-layers or Keras
 * ({@link layersModel}), a Teachable Machine export with its labels and its way to prepare pictures, a graph model
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
  if (isIndexedDb(source)) {
    return modelOf(await readIndexedDb(source), options, undefined);
  }
  const files = modelFiles(source);
  const main = await files.main(MAX_FILE);
  if (isSafetensors(main)) {
    const model = readModel(main, files.name);
    return options.labels ? { ...model, labels: fitting(files.name, options.labels, model.labels.length) } : model;
  }
  const json = parsed(files.name, main);
  const metadata = await readMetadata(files);
  return modelOf(await readTfjsModel(files, json), options, metadata?.labels);
}

/** @internal The stages of a model, whatever wrote it and whatever it is for. */
export async function importPipeline(source: ModelSource, options: LayersModelOptions): Promise<Model['pipeline']> {
  const files = modelFiles(source);
  const main = await files.main(MAX_FILE);
  if (isSafetensors(main)) return readModel(main, files.name).pipeline;
  return pipelineOf(await readTfjsModel(files, parsed(files.name, main)), options);
}

/** A safetensors file holds its weights. */
const MAX_FILE = MAX_JSON + MAX_WEIGHT_BYTES;

/** Its header's length, 8 bytes of which the last is 0, stands before the JSON; text has no zeros. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[7] === 0 && bytes[8] === '{'.codePointAt(0);
}

function parsed(file: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (/^\s*[{[]/.test(new TextDecoder().decode(bytes.subarray(0, 100)))) return parseObject(file, bytes);
  throw new WeightsError(`${file} is no model: neither a model.json nor a safetensors file`);
}

async function modelOf(
  model: TfjsModel,
  options: ImportOptions,
  labels: readonly string[] | undefined,
): Promise<Model> {
  const { file } = model;
  const net = scores(file, await pipelineOf(model, options));
  const inputShape = net.inputShape ?? [];
  const preprocess = preparation(file, net, inputShape, options, labels !== undefined);
  const classes = net.outputShape(inputShape).at(-1) ?? 0;
  const given = options.labels ?? labels ?? Array.from({ length: classes }, (_, i) => `class ${i}`);
  return { name: net.name, preprocess, pipeline: net, task: classification(), labels: fitting(file, given, classes) };
}

async function pipelineOf(model: TfjsModel, options: ImportOptions): Promise<Pipeline<Tensor4D, Tensor>> {
  const format = formatOf(model.json);
  checkFormat(model.file, model.json, format);
  if (format === 'layers-model') return toPipeline(model, options);
  const { stage, inputShape } = await toStage(model, options);
  return pipeline({ name: 'graphModel', inputShape }, stage as never);
}

/** The rows `[1, classes]` that classify needs; some models give them as pictures of one pixel. */
function scores(file: string, net: Pipeline<Tensor4D, Tensor>): Pipeline<Tensor4D, Tensor> {
  const { inputShape = [], name } = net;
  const output = net.outputShape(inputShape);
  if (output.length < 2 || output.slice(0, -1).some((size) => size !== 1)) {
    throw new OptionError(
      `${file} gives ${describeShape(output)}, not a score for each class: use layersModel(…) or graphModel(…), and go on from there`,
    );
  }
  return output.length === 2 ? net : pipeline({ name, inputShape }, net, flatten());
}

function preparation(
  file: string,
  net: Pipeline<Tensor4D, Tensor>,
  inputShape: Shape,
  { normalize, fit = 'cover', onWarning }: ImportOptions,
  teachable: boolean,
): PreprocessOptions {
  const [, height = 0, width = 0, channels = 0] = inputShape;
  if (inputShape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw new OptionError(
      `${file} takes ${describeShape(inputShape)}, not pictures of 1 or 3 channels: use layersModel(…) or graphModel(…)`,
    );
  }
  const size = { width, height, fit, channels } as const;
  if (normalize) return { ...size, ...normalize };
  if (teachable) return { ...size, range: [-1, 1] };
  // Keras's newer networks begin with a layer that does it (Rescaling, Normalization), which here is this stage.
  const first = net.parts[0]?.stage.spec;
  if (first?.op === 'batchNorm' && first['epsilon'] === 0) return { ...size, range: [0, 255] };
  // eslint-disable-next-line no-console -- where nobody listens, a warning must still be seen
  (onWarning ?? console.warn)(
    `${file} does not say how its pictures are to be prepared: pixels go from 0 to 1. Give normalize if it was trained otherwise`,
  );
  return { ...size, range: [0, 1] };
}

function fitting(file: string, labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === classes) return labels;
  throw new WeightsError(
    `${file} gives ${classes} scores, but there are ${labels.length} labels: one is needed for each`,
  );
}
