import { readKerasFile } from '../keras/keras-file.ts';
import { toPipeline } from '../layers/to-pipeline.ts';
import type { ModelReader } from './model-reader.ts';
import { shapeOf, statedBeside } from './stated-beside.ts';
import { toModel } from './to-model.ts';

/** Reads whole models of Keras, `.h5` and `.keras`, and the Keras export of Teachable Machine. */
export const kerasReader: ModelReader = {
  async readModel(files, main, options) {
    const { model, stated: inside } = await readKerasFile(files, main);
    const stated = inside ?? (await statedBeside(files, options));
    const net = toPipeline(model, options, shapeOf(stated, options));
    return toModel({ file: model.file, net, stated }, options);
  },
  async readPipeline(files, main, options) {
    const { model } = await readKerasFile(files, main);
    return toPipeline(model, options);
  },
};
