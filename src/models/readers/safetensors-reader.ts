import { fittingLabels } from '../labels.ts';
import type { Model } from '../model.ts';
import { readModel } from '../model-file.ts';
import { withPreparation } from '../preparation.ts';
import type { ModelReader } from './model-reader.ts';
import { withMeaning } from './to-model.ts';

/** Reads the files of `writeModel`. */
export const safetensorsReader: ModelReader = {
  async readModel({ name }, main, options) {
    const { maxWork, labels, outputKind, fromLogits, task } = options;
    const read: Model<object, object> = readModel(main, name, { maxWork });
    const model = { ...read, preprocess: withPreparation(read.preprocess, options) };
    // The file states its task; the options come before it.
    if (outputKind !== undefined || fromLogits !== undefined || task !== undefined) {
      const { pipeline: net, labels: known } = model;
      const found = { file: name, net, stated: { labels: known, taskSpec: model.task.spec } };
      return { ...model, ...withMeaning(found, options) };
    }
    return labels ? { ...model, labels: fittingLabels(name, labels, model.labels.length, options.onWarning) } : model;
  },
  readPipeline: async ({ name }, main, { maxWork }) => readModel(main, name, { maxWork }).pipeline,
};
