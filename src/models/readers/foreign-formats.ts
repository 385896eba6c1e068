/** @internal What a file of another program is, and how a model gets out of that program. */
export const FOREIGN = {
  pytorch:
    'is a file of PyTorch or a pickle of Python, which can hold any program, so sluice does not read it: write the model as ONNX ' +
    'with torch.onnx.export(model, example, "model.onnx")',
  savedModel:
    'is a SavedModel of TensorFlow: convert its folder with tensorflowjs_converter --input_format=tf_saved_model FOLDER OUT and ' +
    'give OUT/model.json, or with python -m tf2onnx.convert --saved-model FOLDER --output model.onnx',
  frozenGraph:
    'is a graph of TensorFlow 1: convert it with tensorflowjs_converter --input_format=tf_frozen_model ' +
    '--output_node_names=NAMES FILE OUT and give OUT/model.json, or with python -m tf2onnx.convert --graphdef FILE',
  coreMl: 'is a model of Core ML: write the model that it was made of as ONNX, or convert it with onnxmltools',
  caffe: 'is a model of Caffe: convert it to ONNX, for example with caffe2onnx',
} as const;

/** By the ends of names, for files whose first bytes do not tell. */
const BY_NAME: readonly (readonly [RegExp, keyof typeof FOREIGN])[] = [
  [/(^|[/\\])saved_model\.pb(txt)?$/i, 'savedModel'],
  [/\.pb(txt)?$/i, 'frozenGraph'],
  [/\.(mlmodel|mlpackage)$/i, 'coreMl'],
  [/\.(caffemodel|prototxt)$/i, 'caffe'],
  [/\.(pkl|pickle|joblib)$/i, 'pytorch'],
];

/** @internal Says what a file of a format that sluice does not read is, by its first bytes or its name; undefined for others. */
export function foreignFormat(name: string, head: Uint8Array): string | undefined {
  // A pickle begins with the number of its protocol, as may the length with which a safetensors file begins: there JSON follows.
  const isSafetensors = head[8] === '{'.codePointAt(0);
  if (!isSafetensors && head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5) return FOREIGN.pytorch;
  const found = BY_NAME.find(([ending]) => ending.test(name));
  return found && FOREIGN[found[1]];
}
