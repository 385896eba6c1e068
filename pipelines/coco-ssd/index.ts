/**
 * COCO-SSD, a detector of 80 kinds of objects. Its files are downloaded: `sluice models pull coco-ssd`.
 *
 * @module sluice/pipelines/coco-ssd
 */

import { detection, importModel, type Detection, type DetectionOptions, type Model } from 'sluice';
import { COCO_LABELS_BY_ID } from '../coco.ts';
import type { DownloadedModelOptions } from '../downloaded.ts';

export type { DownloadedModelOptions };

/**
 * Reads COCO-SSD: SSD (Liu et al. 2016, "SSD: Single shot multibox detector") on MobileNet v2, trained on COCO, a graph model of
 * TensorFlow.js. `[1, 300, 300, 3]` → 1,917 boxes with scores of 90 classes, of which 10 have no name. `source` is the path or the URL of
 * its `model.json`, or a list with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await cocoSsd(await pullModel('coco-ssd'))` downloads and reads it.
 *
 * @example
 * const failed = await cocoSsd('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function cocoSsd(
  source: Parameters<typeof importModel>[0],
  options: DownloadedModelOptions = {},
): Promise<Model<Detection, DetectionOptions>> {
  return importModel(source, {
    labels: COCO_LABELS_BY_ID,
    ...options,
    // The model begins with a loop that resizes one picture after the other; this is the node behind it.
    input: 'Preprocessor/map/TensorArrayStack/TensorArrayGatherV3',
    output: ['Postprocessor/ExpandDims_1', 'Postprocessor/Slice'],
    inputShape: [1, 300, 300, 3],
    normalize: { range: [0, 255] },
    fit: 'fill',
    resizeMethod: 'bilinear',
    task: detection({ head: 'ssd' }),
  });
}
