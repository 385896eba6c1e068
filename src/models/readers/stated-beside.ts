import type { Shape } from '../../stage/shape.ts';
import { readSettings } from '../metadata/read-settings.ts';
import { readMetadata } from '../teachable-machine.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import type { ReadOptions } from './model-reader.ts';
import type { StatedByFiles } from './found-model.ts';

/**
 * What the files beside a model state: Teachable Machine's `metadata.json`, else those of Hugging Face and timm. What the options
 * state already is not looked for. Throws `WeightsError` for a file that is damaged.
 */
export async function statedBeside(files: ModelFiles, options: ReadOptions): Promise<StatedByFiles | undefined> {
  const metadata = await readMetadata(files);
  if (metadata) return { labels: metadata.labels, teachable: true };
  if (options.labels && (options.normalize || options.preset)) return undefined;
  return readSettings(files);
}

/** The shape of pictures of a size that files state, for a model that leaves its size open. */
export function shapeOf(stated: StatedByFiles | undefined, { channels = 3, layout }: ReadOptions): Shape | undefined {
  const size = stated?.preparation?.size;
  if (!size) return undefined;
  const { width, height } = size;
  return layout === 'nchw' ? [1, channels, height, width] : [1, height, width, channels];
}
