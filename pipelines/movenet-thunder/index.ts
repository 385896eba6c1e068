/**
 * MoveNet Thunder, which finds the points of one person. Its files are downloaded: `sluice models pull movenet-thunder`.
 *
 * @module sluice/pipelines/movenet-thunder
 */

import type { importModel, KeypointOptions, Keypoints, Model } from 'sluice';
import { readMovenet, type MovenetOptions } from '../movenet.ts';

export type { MovenetOptions };

/**
 * Reads MoveNet Thunder (Votel and Li 2021, Google; version 4 of TensorFlow Hub's singlepose/thunder), larger and more accurate than
 * Lightning. `[1, 256, 256, 3]`, values from 0 to 255 with bars beside the picture → 17 points of the person in the middle. `source` is the
 * path or the URL of its `movenet-thunder.json`, or a list with all of its files.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await movenetThunder(await pullModel('movenet-thunder'))` downloads and reads it.
 *
 * @example
 * const failed = await movenetThunder('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function movenetThunder(
  source: Parameters<typeof importModel>[0],
  options: MovenetOptions = {},
): Promise<Model<Keypoints, KeypointOptions>> {
  return readMovenet(source, options, 'movenet');
}
