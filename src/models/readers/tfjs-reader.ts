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
import type { Model } from '../model.ts';
import { readMetadata } from '../teachable-machine.ts';
import { checkFormat, formatOf } from '../tfjs/open-tfjs-model.ts';
import { parseObject, readTfjsModel, type TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { ImportOptions, ModelReader } from './model-reader.ts';

/** Models of tfjs: layers models (Keras, Teachable Machine) and graph models. */
export const tfjsReader: ModelReader = {
  title: 'a model.json',
  recognizes: (main) => /^\s*[{[]/.test(new TextDecoder().decode(main.subarray(0, 100))),
  async readModel(files, main, options) {
    const json = parseObject(files.name, main);
    const metadata = await readMetadata(files);
    return modelOf(await readTfjsModel(files, json), options, metadata?.labels);
  },
  readPipeline: async (files, main, options) =>
    pipelineOf(await readTfjsModel(files, parseObject(files.name, main)), options),
};

/** The model of what was read of tfjs; `labels` are those of Teachable Machine, if it is one of its exports. */
export async function modelOf(
  tfjsModel: TfjsModel,
  options: ImportOptions,
  labels: readonly string[] | undefined,
): Promise<Model> {
  const { file } = tfjsModel;
  const net = scores(file, await pipelineOf(tfjsModel, options));
  const inputShape = net.inputShape ?? [];
  const preprocess = preparation(file, net, inputShape, options, labels !== undefined);
  const classes = net.outputShape(inputShape).at(-1) ?? 0;
  const given = options.labels ?? labels ?? Array.from({ length: classes }, (_, i) => `class ${i}`);
  return {
    name: net.name,
    preprocess,
    pipeline: net,
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
