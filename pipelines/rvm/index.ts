/**
 * Robust Video Matting, which cuts people out of videos. Its files are downloaded: `sluice models pull rvm`.
 *
 * @module sluice/pipelines/rvm
 */

import { importModel, segmentation, type Model, type Segmentation, type SegmentationOptions } from 'sluice';
import type { DownloadedModelOptions } from '../downloaded.ts';

export type { DownloadedModelOptions };

/**
 * Reads Robust Video Matting (Lin et al. 2021, "Robust high-resolution video matting with temporal guidance") on MobileNet v3, a graph model
 * of TensorFlow.js: for each pixel how much of it is a person. `[1, 288, 512, 3]` → `[1, 288, 512, 1]`. It remembers the frames before of
 * the same source, so give it frames in their order. `source` is the path or the URL of its `rvm.json`, or a list with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await rvm(await pullModel('rvm'))` downloads and reads it.
 *
 * @example
 * const failed = await rvm('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function rvm(
  source: Parameters<typeof importModel>[0],
  options: DownloadedModelOptions = {},
): Promise<Model<Segmentation, SegmentationOptions>> {
  return importModel(source, {
    labels: ['person'],
    ...options,
    input: 'src',
    output: 'pha',
    inputShape: [1, 288, 512, 3],
    // It finds people at half the size, as the authors advise, and refines their edges: four times as fast as at the whole size.
    constants: { downsample_ratio: 0.5 },
    state: { r1i: 'r1o', r2i: 'r2o', r3i: 'r3o', r4i: 'r4o' },
    normalize: { range: [0, 1] },
    fit: 'contain',
    task: segmentation({ outputKind: 'mask' }),
  });
}
