/**
 * ESRGAN slim, which doubles the size of pictures. Its files are downloaded: `sluice models pull esrgan`.
 *
 * @module sluice/pipelines/esrgan
 */

import { importModel, picture, type Model, type PaintedPicture } from 'sluice';
import type { DownloadedModelOptions } from '../downloaded.ts';

export type { DownloadedModelOptions };

/**
 * Reads the network of UpscalerJS that doubles the size of pictures: a residual dense network of 222,075 parameters that was trained on DIV2K
 * as a part of ESRGAN (Wang et al. 2018, "ESRGAN: Enhanced super-resolution generative adversarial networks"), a layers model of Keras.
 * `[1, 128, 128, 3]` → `[1, 256, 256, 3]`. `source` is the path or the URL of its `model.json`, or a list with all of its files.
 *
 * Each pixel depends on those that are at most 10 pixels away, so tiles that overlap by 40 pixels give what the whole picture would give.
 * Throws the errors of `importModel`.
 *
 * In Node, `await esrgan(await pullModel('esrgan'))` downloads and reads it.
 *
 * @example
 * const failed = await esrgan('no/model.json').catch((error) => error);
 * console.log(failed.code); // weights
 */
export function esrgan(
  source: Parameters<typeof importModel>[0],
  options: Omit<DownloadedModelOptions, 'labels'> = {},
): Promise<Model<PaintedPicture>> {
  return importModel(source, {
    ...options,
    inputShape: [1, 128, 128, 3],
    normalize: { range: [0, 255] },
    task: picture({ range: [0, 255] }),
  });
}
