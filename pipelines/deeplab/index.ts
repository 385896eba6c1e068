/**
 * DeepLab, which says what each pixel shows, of 20 kinds of things. Its files are downloaded: `sluice models pull deeplab`.
 *
 * @module sluice/pipelines/deeplab
 */

import { importModel, segmentation, type Model, type Segmentation, type SegmentationOptions } from 'sluice';
import type { DownloadedModelOptions } from '../downloaded.ts';
import { PASCAL_VOC_LABELS } from '../pascal-voc.ts';

/**
 * Reads DeepLab v3 (Chen et al. 2017, "Rethinking atrous convolution for semantic image segmentation") on MobileNet v2, trained on Pascal
 * VOC, a graph model of TensorFlow.js. `[1, 513, 513, 3]` → logits of 21 classes, `[1, 65, 65, 21]`, which are interpolated. The
 * background is no region. `source` is the path or the URL of its `model.json`, or a list with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * @example
 * const model = await deeplab(await pullModel('deeplab'));
 * const video = videoFile('clip.mp4', { resize: model.preprocess });
 * video.pipe(infer(model)).subscribe(({ seq, regions }) => console.log(seq, regions.map(({ label, share }) => [label, share])));
 */
export function deeplab(
  source: Parameters<typeof importModel>[0],
  options: DownloadedModelOptions = {},
): Promise<Model<Segmentation, SegmentationOptions>> {
  return importModel(source, {
    labels: PASCAL_VOC_LABELS,
    ...options,
    // The logits, before the graph makes them as large as its input and takes the best class of each pixel.
    output: 'ResizeBilinear_2',
    inputShape: [1, 513, 513, 3],
    normalize: { range: [0, 255] },
    fit: 'contain',
    resizeMethod: 'bilinear',
    task: segmentation({ outputKind: 'scores', layout: 'nhwc', background: 0, alignCorners: true }),
  });
}
