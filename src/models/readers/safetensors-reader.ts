import { fittingLabels } from '../labels.ts';
import { readModel } from '../model-file.ts';
import { safetensorsLength } from '../safetensors.ts';
import type { ModelReader } from './model-reader.ts';

/** Reads the files of `writeModel`. */
export const safetensorsReader: ModelReader = {
  title: 'a safetensors file',
  // The file begins with the length of the header, 8 bytes of which the last is 0. The header's JSON follows. Text has no zeros.
  recognizes: (head) => head[7] === 0 && head[8] === '{'.codePointAt(0),
  maxBytes: safetensorsLength,
  async readModel({ name }, main, { labels, maxWork }) {
    const model = readModel(main, name, { maxWork });
    return labels ? { ...model, labels: fittingLabels(name, labels, model.labels.length) } : model;
  },
  readPipeline: async ({ name }, main, { maxWork }) => readModel(main, name, { maxWork }).pipeline,
};
