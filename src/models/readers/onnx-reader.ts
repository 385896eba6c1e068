import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Pipeline } from '../../stages/pipeline.ts';
import { ultralyticsSettings } from '../metadata/ultralytics.ts';
import { readOnnxModel } from '../onnx/read-onnx-model.ts';
import { statedInMetadata } from '../onnx/stated-in-metadata.ts';
import { statedBy } from '../preparation.ts';
import type { ModelReader } from './model-reader.ts';
import { shapeOf, statedBeside } from './stated-beside.ts';
import type { StatedByFiles } from './found-model.ts';
import { toModel } from './to-model.ts';

/** Reads ONNX files. Those that sluice or Ultralytics have written state their labels and how pictures are prepared. */
export const onnxReader: ModelReader = {
  async readModel(files, main, options) {
    const beside = await statedBeside(files, options);
    const inside = (metadata: ReadonlyMap<string, string>) => ultralyticsSettings(metadata, files.name) ?? beside;
    const { pipeline, metadata, bySluice, last } = await readOnnxModel(files, main, options, (texts) =>
      shapeOf(inside(texts), options),
    );
    const stated = bySluice ? bySelf(files.name, metadata) : inside(metadata);
    const net = pipeline as unknown as Pipeline<Tensor4D, Tensor>;
    return toModel({ file: files.name, net, last, stated }, options);
  },
  async readPipeline(files, main, options) {
    return (await readOnnxModel(files, main, options)).pipeline;
  },
};

function bySelf(file: string, metadata: ReadonlyMap<string, string>): StatedByFiles {
  const { labels, preprocess } = statedInMetadata(file, metadata);
  return { labels, ...(preprocess ? { preparation: statedBy(preprocess) } : {}) };
}
