import { FOREIGN } from '../readers/foreign-formats.ts';

/** @internal What a zip archive is that holds no model of Keras, and what to do with it, by the names of its entries. */
export function whatZipHolds(names: readonly string[]): string {
  const has = (end: string) => names.some((name) => name === end || name.endsWith(`/${end}`));
  if (has('data.pkl')) return FOREIGN.pytorch;
  if (has('saved_model.pb')) return FOREIGN.savedModel;
  if (has('model.json')) return 'is a zip archive with a model.json: unpack it, and give its model.json or its folder';
  if (names.some((name) => name.endsWith('.tflite')))
    return 'is a zip archive with a .tflite file: unpack it, and give that file';
  return 'is a zip archive without config.json, so it is not a model of Keras';
}
