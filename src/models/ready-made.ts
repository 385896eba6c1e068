/** A ready-made model: a module of this package, which is loaded when the model is used. */
export interface ReadyMade {
  readonly module: string;
  /** The name of the function that makes the pipeline without weights. */
  readonly pipeline: string;
  /** The name of the function that makes the model. */
  readonly load: string;
}

const readyMade = (name: string, load: string): readonly [string, ReadyMade] => [
  name,
  { module: `sluice/pipelines/${name}`, pipeline: `${load}Pipeline`, load },
];

/** All ready-made models by their names. */
export const READY_MADE: ReadonlyMap<string, ReadyMade> = new Map([
  readyMade('lenet5', 'lenet5'),
  readyMade('alexnet', 'alexnet'),
  readyMade('alexnet-cifar10', 'alexnetCifar10'),
  readyMade('vgg16', 'vgg16'),
  readyMade('mobilenet-v1', 'mobilenetV1'),
  readyMade('mobilenet-v2', 'mobilenetV2'),
  readyMade('resnet50', 'resnet50'),
  readyMade('squeezenet', 'squeezenet'),
]);

/** Help text: the values that name a model. */
export const modelHelp = `the model: ${[...READY_MADE.keys()].join(', ')}, or your own model (path or URL of a model.json, its folder, or a .safetensors, .onnx, .tflite, .h5 or .keras file)`;
