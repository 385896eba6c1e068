/**
 * MoveNet Lightning, which finds the points of one person. Its files are downloaded: `sluice models pull movenet`.
 *
 * @module sluice/pipelines/movenet
 */

import type { importModel, KeypointOptions, Keypoints, Model } from 'sluice';
import { readMovenet, type MovenetOptions } from '../movenet.ts';

export type { MovenetOptions };

/**
 * Reads MoveNet Lightning (Votel and Li 2021, Google; version 4 of TensorFlow Hub's singlepose/lightning), trained on COCO and on
 * pictures of sport, a graph model of TensorFlow.js. `[1, 192, 192, 3]`, values from 0 to 255 with bars beside the picture → 17 points of
 * the person in the middle. `source` is the path or the URL of its `movenet-lightning.json`, or a list with all of its files.
 *
 * Each frame is read for itself: the picture is not cut to the person of the frame before, as Google's demo does.
 *
 * Throws the errors of `importModel`.
 *
 * In Node, `await movenet(await pullModel('movenet'))` downloads and reads it.
 *
 * @example
 * const failed = await movenet('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function movenet(
  source: Parameters<typeof importModel>[0],
  options: MovenetOptions = {},
): Promise<Model<Keypoints, KeypointOptions>> {
  return readMovenet(source, options, 'movenet');
}
