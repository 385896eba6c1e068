import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { normalization } from '../../stage/normalization.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { lastOperationOf } from '../last-operation.ts';
import { readOnnxModel } from '../onnx/read-onnx-model.ts';
import { statedInMetadata } from '../onnx/stated-in-metadata.ts';
import type { ModelReader } from './model-reader.ts';
import { toModel } from './to-model.ts';

/** Reads ONNX files. Those that sluice has written state their labels and how pictures are prepared. */
export const onnxReader: ModelReader = {
  async readModel(files, main, options) {
    const { pipeline, metadata, bySluice } = await readOnnxModel(files, main, options);
    const { labels, preprocess } = bySluice ? statedInMetadata(files.name, metadata) : {};
    const net = pipeline as unknown as Pipeline<Tensor4D, Tensor>;
    const found = { file: files.name, net, last: lastOperationOf(net.parts), stated: labels && { labels } };
    if (!preprocess || options.normalize) return toModel(found, options);
    const model = toModel(found, { ...options, normalize: normalization(preprocess) });
    const { width, height } = model.preprocess;
    const fit = options.fit === undefined ? {} : { fit: options.fit };
    return { ...model, preprocess: { ...model.preprocess, ...preprocess, width, height, ...fit } };
  },
  async readPipeline(files, main, options) {
    return (await readOnnxModel(files, main, options)).pipeline;
  },
};
