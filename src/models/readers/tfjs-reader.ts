import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Shape } from '../../stage/shape.ts';
import { pipeline, type Pipeline } from '../../stages/pipeline.ts';
import { toStage } from '../graph/graph-model.ts';
import { graphScaling } from '../graph/graph-scaling.ts';
import { lastNodeOf } from '../graph/last-node.ts';
import type { LastOperation } from '../last-operation.ts';
import type { LayersModelOptions } from '../layers/layers-model-options.ts';
import { toPipeline } from '../layers/to-pipeline.ts';
import type { Model } from '../model.ts';
import type { PixelScaling } from '../pixel-scaling.ts';
import { checkFormat, formatOf } from '../tfjs/open-tfjs-model.ts';
import { parseObject, readTfjsModel, type TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { ModelReader, ReadOptions } from './model-reader.ts';
import { refuseOptions } from './refuse-options.ts';
import { shapeOf, statedBeside } from './stated-beside.ts';
import type { StatedByFiles } from './found-model.ts';
import { toModel } from './to-model.ts';

/** Reads models of TensorFlow.js: layers models (Keras, Teachable Machine) and graph models. */
export const tfjsReader: ModelReader = {
  async readModel(files, main, options) {
    const json = parseObject(files.name, main);
    const stated = await statedBeside(files, options);
    return modelOf(await readTfjsModel(files, json), options, stated);
  },
  readPipeline: async (files, main, options) =>
    (await networkOf(await readTfjsModel(files, parseObject(files.name, main)), options)).net,
};

/** Converts a model of TensorFlow.js. */
export async function modelOf(
  tfjsModel: TfjsModel,
  options: ReadOptions,
  stated?: StatedByFiles,
): Promise<Model<object, object>> {
  const network = await networkOf(tfjsModel, options, shapeOf(stated, options));
  return toModel({ file: tfjsModel.file, ...network, stated }, options);
}

async function networkOf(
  tfjsModel: TfjsModel,
  options: LayersModelOptions & Pick<ReadOptions, 'input' | 'constants' | 'state'>,
  known?: Shape,
): Promise<{
  readonly net: Pipeline<Tensor4D, Tensor>;
  readonly last?: (output: string | undefined) => LastOperation;
  readonly scaling?: PixelScaling | undefined;
}> {
  const format = formatOf(tfjsModel.json);
  checkFormat(tfjsModel.file, tfjsModel.json, format);
  if (format === 'layers-model') {
    refuseOptions(tfjsModel.file, options);
    return { net: toPipeline(tfjsModel, options, known) };
  }
  const { stage, inputShape } = await toStage(tfjsModel, options, known);
  const net = pipeline({ name: 'graphModel', inputShape }, stage as never);
  const only = typeof options.output === 'string' ? options.output : undefined;
  const last = (output: string | undefined) => lastNodeOf(tfjsModel, output ?? only);
  return { net, last, scaling: graphScaling(tfjsModel) };
}
