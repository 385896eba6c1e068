import { fittingLabels } from '../labels.ts';
import { readModel } from '../model-file.ts';
import type { ModelReader } from './model-reader.ts';

/** Reads the files of `writeModel`. */
export const safetensorsReader: ModelReader = {
  title: 'a safetensors file',
  // The file begins with the length of the header, 8 bytes of which the last is 0. The header's JSON follows. Text has no zeros.
  recognizes: (main) => main[7] === 0 && main[8] === '{'.codePointAt(0),
  async readModel({ name }, main, { labels }) {
    const model = readModel(main, name);
    return labels ? { ...model, labels: fittingLabels(name, labels, model.labels.length) } : model;
  },
  readPipeline: async ({ name }, main) => readModel(main, name).pipeline,
};
