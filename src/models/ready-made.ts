/** A ready-made model: a module of this package, which is loaded when the model is used. */
export interface ReadyMade {
  readonly module: string;
  /** The name of the function that makes the pipeline without weights. */
  readonly pipeline: string;
  /** The name of the function that makes the model. */
  readonly load: string;
  /** The module and the function of the same model with integers of 8 bits, if there is one. */
  readonly int8?: Pick<ReadyMade, 'module' | 'load'>;
}

const readyMade = (name: string, load: string, isInt8Too = false): readonly [string, ReadyMade] => {
  const module = `sluice/pipelines/${name}`;
  const int8 = { module: `${module}-int8`, load: `${load}Int8` };
  return [name, { module, pipeline: `${load}Pipeline`, load, ...(isInt8Too ? { int8 } : {}) }];
};

/** All ready-made models by their names. */
export const READY_MADE: ReadonlyMap<string, ReadyMade> = new Map([
  readyMade('lenet5', 'lenet5'),
  readyMade('alexnet', 'alexnet'),
  readyMade('alexnet-cifar10', 'alexnetCifar10'),
  readyMade('vgg16', 'vgg16'),
  readyMade('mobilenet-v1', 'mobilenetV1', true),
  readyMade('mobilenet-v2', 'mobilenetV2'),
  readyMade('resnet50', 'resnet50'),
  readyMade('squeezenet', 'squeezenet'),
]);

/** A model whose files `sluice models pull` downloads: a module of this package that reads them. */
export interface DownloadedModel {
  readonly module: string;
  /** The name of the function that makes the model of the path of its main file. */
  readonly load: string;
  /** What its outputs mean. */
  readonly task: string;
}

const downloaded = (name: string, load: string, task: string): readonly [string, DownloadedModel] => [
  name,
  { module: `sluice/pipelines/${name}`, load, task },
];

/** All models that are downloaded, by their names, which are those in the list of registered models. */
export const DOWNLOADED: ReadonlyMap<string, DownloadedModel> = new Map([
  downloaded('coco-ssd', 'cocoSsd', 'detection'),
  downloaded('centernet', 'centernet', 'detection'),
  downloaded('movenet', 'movenet', 'keypoints'),
  downloaded('movenet-thunder', 'movenetThunder', 'keypoints'),
  downloaded('movenet-multipose', 'movenetMultipose', 'keypoints'),
  downloaded('deeplab', 'deeplab', 'segmentation'),
  downloaded('selfie', 'selfie', 'segmentation'),
  downloaded('rvm', 'rvm', 'segmentation'),
  downloaded('esrgan', 'esrgan', 'picture'),
]);

/** The names of the models that are downloaded for a task. */
export function downloadedFor(task: string): string[] {
  return [...DOWNLOADED].filter(([, model]) => model.task === task).map(([name]) => name);
}

/** Help text: the values that name a model. */
export const modelHelp = `the model: ${[...READY_MADE.keys()].join(', ')}, one that sluice models pull downloads (${[...DOWNLOADED.keys()].join(', ')}), or your own model (path or URL of a model.json, its folder, or a .safetensors, .onnx, .tflite, .h5 or .keras file)`;
