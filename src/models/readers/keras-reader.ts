import { kerasFormat, readKerasFile } from '../keras/keras-file.ts';
import { lastOperationOf } from '../last-operation.ts';
import { MAX_WEIGHT_BYTES } from '../limits.ts';
import type { ModelReader } from './model-reader.ts';
import { toModel } from './to-model.ts';

/** Reads whole models of Keras, `.h5` and `.keras`, and the Keras export of Teachable Machine. */
export const kerasReader: ModelReader = {
  title: 'an .h5 or .keras file',
  recognizes: (head) => kerasFormat(head) !== undefined,
  maxBytes: () => MAX_WEIGHT_BYTES,
  async readModel(files, main, options) {
    const { model, stated } = await readKerasFile(files, main);
    const { toPipeline } = await import('../layers/to-pipeline.ts');
    const net = toPipeline(model, options);
    return toModel({ file: model.file, net, last: lastOperationOf(net.parts), stated }, options);
  },
  async readPipeline(files, main, options) {
    const { model } = await readKerasFile(files, main);
    const { toPipeline } = await import('../layers/to-pipeline.ts');
    return toPipeline(model, options);
  },
};
