/**
 * DeepLab, which says what each pixel shows, of 20 kinds of things. Its files are downloaded: `sluice models pull deeplab`.
 *
 * @module sluice/pipelines/deeplab
 */

import {
  importModel,
  modelFrom,
  OptionError,
  pipeline,
  segmentation,
  slice,
  type Model,
  type Segmentation,
  type SegmentationOptions,
} from 'sluice';
import type { DownloadedModelOptions } from '../downloaded.ts';

export type { DownloadedModelOptions };
import { PASCAL_VOC_LABELS } from '../pascal-voc.ts';

/** Options of {@link deeplab}. */
export interface DeeplabOptions extends DownloadedModelOptions {
  /**
   * The size of the network's input in pixels: 8n + 1 each, at most 513. Default 513 × 513. For videos of one form, such as 513 × 289
   * for 16:9, there are no bars, which the network was not trained with. It takes as long.
   */
  readonly inputSize?: { readonly width: number; readonly height: number };
}

/** The network's input and its logits. The graph fills a smaller input up with grey, and has a logit for every eighth pixel. */
const [SIDE, STEP] = [513, 8];

/**
 * Reads DeepLab v3 (Chen et al. 2017, "Rethinking atrous convolution for semantic image segmentation") on MobileNet v2, trained on Pascal
 * VOC, a graph model of TensorFlow.js. `[1, 513, 513, 3]` → logits of 21 classes, `[1, 65, 65, 21]`, which are interpolated. The
 * background is no region. `source` is the path or the URL of its `model.json`, or a list with all of its files.
 *
 * Throws `OptionError` for a wrong `inputSize`, and the errors of `importModel`.
 *
 * In Node, `await deeplab(await pullModel('deeplab'))` downloads and reads it.
 *
 * @example
 * const failed = await deeplab('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export async function deeplab(
  source: Parameters<typeof importModel>[0],
  { inputSize = { width: SIDE, height: SIDE }, ...options }: DeeplabOptions = {},
): Promise<Model<Segmentation, SegmentationOptions>> {
  const { width, height } = inputSize;
  for (const [name, side] of Object.entries({ width, height })) {
    if (Number.isInteger(side) && side > STEP && side <= SIDE && side % STEP === 1) continue;
    throw new OptionError(`deeplab: inputSize: ${name} must be 9, 17, 25 … ${SIDE}, not ${String(side)}`);
  }
  const inputShape = [1, height, width, 3];
  const task = segmentation({ outputKind: 'scores', layout: 'nhwc', background: 0, alignCorners: true });
  const model = await importModel(source, {
    labels: PASCAL_VOC_LABELS,
    ...options,
    // The logits, before the graph makes them as large as its input and takes the best class of each pixel.
    output: 'ResizeBilinear_2',
    inputShape,
    normalize: { range: [0, 255] },
    fit: 'contain',
    resizeMethod: 'bilinear',
    task,
  });
  if (width === SIDE && height === SIDE) return model;
  const size = [(height - 1) / STEP + 1, (width - 1) / STEP + 1, PASCAL_VOC_LABELS.length];
  const seen = slice({ name: 'seen', begin: [0, 0, 0], size });
  const net = pipeline({ name: model.name, inputShape }, model.pipeline, seen as never);
  return modelFrom(net as Model['pipeline'], model.preprocess, { task, labels: model.labels });
}
