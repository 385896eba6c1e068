/**
 * MoveNet MultiPose, which finds the points of several persons. Its files are downloaded: `sluice models pull movenet-multipose`.
 *
 * @module sluice/pipelines/movenet-multipose
 */

import type { importModel, KeypointOptions, Keypoints, Model } from 'sluice';
import { readMovenet, type MovenetOptions } from '../movenet.ts';

export type { MovenetOptions };

/**
 * Reads MoveNet MultiPose Lightning (Google 2021; version 1 of TensorFlow Hub's multipose/lightning). `[1, 256, 256, 3]`, values
 * from 0 to 255 with bars beside the picture → 17 points and a box of each of up to six persons. `source` is the path or the URL of its
 * `movenet-multipose.json`, or a list with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await movenetMultipose(await pullModel('movenet-multipose'))` downloads and reads it.
 *
 * @example
 * const failed = await movenetMultipose('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function movenetMultipose(
  source: Parameters<typeof importModel>[0],
  options: MovenetOptions = {},
): Promise<Model<Keypoints, KeypointOptions>> {
  return readMovenet(source, { ...options, inputShape: [1, 256, 256, 3] }, 'movenet-multipose');
}
