import { importModel, keypoints, type ImportOptions, type KeypointOptions, type Keypoints, type Model } from 'sluice';
import type { DownloadedModelOptions } from './downloaded.ts';

/** Options of the models of MoveNet. Their points have names, and they have no classes. */
export type MovenetOptions = Omit<DownloadedModelOptions, 'labels'>;

/** Reads a model of MoveNet. Each takes bytes of a whole picture, with bars. */
export function readMovenet(
  source: Parameters<typeof importModel>[0],
  options: MovenetOptions & Pick<ImportOptions, 'inputShape'>,
  head: 'movenet' | 'movenet-multipose',
): Promise<Model<Keypoints, KeypointOptions>> {
  return importModel(source, {
    ...options,
    normalize: { range: [0, 255] },
    fit: 'contain',
    resizeMethod: 'bilinear',
    task: keypoints({ head }),
  });
}
