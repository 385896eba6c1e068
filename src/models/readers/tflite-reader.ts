import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Pipeline } from '../../stages/pipeline.ts';
import { readTfliteModel } from '../tflite/read-tflite-model.ts';
import { statedInTflite } from '../tflite/stated-in-tflite.ts';
import type { ModelReader } from './model-reader.ts';
import { shapeOf, statedBeside } from './stated-beside.ts';
import { toModel } from './to-model.ts';

/** Reads TFLite files. Those with metadata state their labels and how pictures are prepared. */
export const tfliteReader: ModelReader = {
  async readModel(files, main, options) {
    const beside = await statedBeside(files, options);
    const converted = readTfliteModel(files.name, main, options, shapeOf(beside, options));
    const stated = statedInTflite(files.name, main, converted, options);
    const net = converted.pipeline as unknown as Pipeline<Tensor4D, Tensor>;
    const both = { ...beside, ...stated, preparation: { ...beside?.preparation, ...stated.preparation } };
    return toModel({ file: files.name, net, stated: both }, options);
  },
  readPipeline: async ({ name }, main, options) => readTfliteModel(name, main, options).pipeline,
};
