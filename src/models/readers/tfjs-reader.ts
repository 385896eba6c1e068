import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { OptionError } from '../../errors/errors.ts';
import type { PreprocessOptions } from '../../preprocess/preprocess.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import { flatten } from '../../stages/flatten.ts';
import { pipeline, type Pipeline } from '../../stages/pipeline.ts';
import { classification } from '../../tasks/classification/classification.ts';
import { toStage } from '../graph/graph-model.ts';
import { fittingLabels } from '../labels.ts';
import { toPipeline, type LayersModelOptions } from '../layers/layers-model.ts';
import { MAX_JSON } from '../limits.ts';
import type { Model } from '../model.ts';
import { warnOfModel } from '../model-warning.ts';
import { readMetadata } from '../teachable-machine.ts';
import { checkFormat, formatOf } from '../tfjs/open-tfjs-model.ts';
import { parseObject, readTfjsModel, type TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { ImportOptions, ModelReader } from './model-reader.ts';

/** Reads models of TensorFlow.js: layers models (Keras, Teachable Machine) and graph models. */
export const tfjsReader: ModelReader = {
  title: 'a model.json',
  recognizes: (head) => /^\s*[{[]/.test(new TextDecoder().decode(head.subarray(0, 100))),
  maxBytes: () => MAX_JSON,
  async readModel(files, main, options) {
    const json = parseObject(files.name, main);
    const metadata = await readMetadata(files);
    return modelOf(await readTfjsModel(files, json), options, metadata?.labels);
  },
  readPipeline: async (files, main, options) =>
    pipelineOf(await readTfjsModel(files, parseObject(files.name, main)), options),
};

/** Converts a model of TensorFlow.js. `labels` are the labels of an export of Teachable Machine, else undefined. */
export async function modelOf(
  tfjsModel: TfjsModel,
  options: ImportOptions,
  labels: readonly string[] | undefined,
): Promise<Model> {
  const { file } = tfjsModel;
  const net = await pipelineOf(tfjsModel, options);
  const classifier = withScores(file, net);
  const inputShape = classifier.inputShape ?? [];
  const preprocess = preprocessOf(file, net, inputShape, options, labels !== undefined);
  const classes = classifier.outputShape(inputShape).at(-1) ?? 0;
  const given = options.labels ?? labels ?? Array.from({ length: classes }, (_, i) => `class ${i}`);
  return {
    name: classifier.name,
    preprocess,
    pipeline: classifier,
    task: classification(),
    labels: fittingLabels(file, given, classes),
  };
}

async function pipelineOf(tfjsModel: TfjsModel, options: LayersModelOptions): Promise<Pipeline<Tensor4D, Tensor>> {
  const format = formatOf(tfjsModel.json);
  checkFormat(tfjsModel.file, tfjsModel.json, format);
  if (format === 'layers-model') return toPipeline(tfjsModel, options);
  const { stage, inputShape } = await toStage(tfjsModel, options);
  return pipeline({ name: 'graphModel', inputShape }, stage as never);
}

/** Makes the output `[1, classes]`. Some models give `[1, 1, 1, classes]`, which is flattened. */
function withScores(file: string, given: Pipeline<Tensor4D, Tensor>): Pipeline<Tensor4D, Tensor> {
  const { inputShape = [], name } = given;
  const output = given.outputShape(inputShape);
  if (output.length < 2 || output.slice(0, -1).some((size) => size !== 1)) {
    throw new OptionError(
      `${file} gives ${describeShape(output)}, not a score for each class: read it with layersModel(…) or graphModel(…) and process its output yourself`,
    );
  }
  return output.length === 2 ? given : pipeline({ name, inputShape }, given, flatten());
}

/** Stages that move pixels and leave their values as they are. */
const MOVING: ReadonlySet<string> = new Set(['crop', 'dropout', 'reshape', 'upsample', 'zeroPad']);

/**
 * Whether the first stage that changes the values of pixels is a layer that normalizes them (Rescaling, Normalization). It is
 * imported as a batch normalization without epsilon. Newer Keras models begin with one.
 */
function normalizesPixels({ parts }: Pipeline<Tensor4D, Tensor>): boolean {
  const first = parts
    .map(({ stage }) => stage.spec)
    .find((spec) => !MOVING.has(spec.op) && spec['activation'] !== 'linear');
  return first?.op === 'batchNorm' && first['epsilon'] === 0;
}

/** The preprocessing that the options or the model state, or a default with a warning. */
function preprocessOf(
  file: string,
  net: Pipeline<Tensor4D, Tensor>,
  inputShape: Shape,
  { normalize, fit = 'cover', onWarning }: ImportOptions,
  teachable: boolean,
): PreprocessOptions {
  const [, height = 0, width = 0, channels = 0] = inputShape;
  if (inputShape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw new OptionError(
      `${file} takes ${describeShape(inputShape)}, not pictures of 1 or 3 channels: read it with layersModel(…) or graphModel(…)`,
    );
  }
  const size = { width, height, fit, channels } as const;
  if (normalize) return { ...size, ...normalize };
  // Before the labels: a metadata.json may be beside any model.
  if (normalizesPixels(net)) return { ...size, range: [0, 255] };
  if (teachable) return { ...size, range: [-1, 1] };
  warnOfModel(
    onWarning,
    'pixel-range',
    `${file} does not state the range of its pixel values, so they are from 0 to 1. Give normalize if the model was trained with other values`,
  );
  return { ...size, range: [0, 1] };
}
