/**
 * Selfie segmentation, which finds people near the camera. Its files are downloaded: `sluice models pull selfie`.
 *
 * @module sluice/pipelines/selfie
 */

import { importModel, segmentation, type Model, type Segmentation, type SegmentationOptions } from 'sluice';
import type { DownloadedModelOptions } from '../downloaded.ts';

export type { DownloadedModelOptions };

/**
 * Reads MediaPipe's selfie segmentation (the general model), a graph model of TensorFlow.js: for each pixel the probability that it shows a
 * person near the camera. `[1, 256, 256, 3]` → `[1, 256, 256, 1]`. `source` is the path or the URL of its `selfie.json`, or a list
 * with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await selfie(await pullModel('selfie'))` downloads and reads it.
 *
 * @example
 * const failed = await selfie('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function selfie(
  source: Parameters<typeof importModel>[0],
  options: DownloadedModelOptions = {},
): Promise<Model<Segmentation, SegmentationOptions>> {
  return importModel(source, {
    labels: ['person'],
    ...options,
    normalize: { range: [0, 1] },
    fit: 'fill',
    resizeMethod: 'bilinear',
    task: segmentation({ outputKind: 'mask' }),
  });
}
