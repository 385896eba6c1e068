/**
 * CenterNet, a detector of 80 kinds of objects. Its files are downloaded: `sluice models pull centernet`.
 *
 * @module sluice/pipelines/centernet
 */

import { detection, importModel, type Detection, type DetectionOptions, type Model } from 'sluice';
import { COCO_LABELS } from '../coco.ts';
import type { DownloadedModelOptions } from '../downloaded.ts';

export type { DownloadedModelOptions };

/**
 * Reads CenterNet (Zhou et al. 2019, "Objects as points") on MobileNet v3, trained on COCO, a graph model of TensorFlow.js.
 * `[1, 512, 512, 3]` → the 100 best boxes. `source` is the path or the URL of its `centernet.json`, or a list with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await centernet(await pullModel('centernet'))` downloads and reads it.
 *
 * @example
 * const failed = await centernet('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function centernet(
  source: Parameters<typeof importModel>[0],
  options: DownloadedModelOptions = {},
): Promise<Model<Detection, DetectionOptions>> {
  return importModel(source, {
    labels: COCO_LABELS,
    ...options,
    output: 'tower_0/detections',
    normalize: { range: [0, 255] },
    fit: 'fill',
    resizeMethod: 'bilinear',
    // It keeps the peaks of a heat map. Two peaks may still lie on one object.
    task: detection({ head: 'boxes', suppressed: false }),
  });
}
