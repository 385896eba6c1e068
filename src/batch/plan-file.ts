import { SourceError } from '../errors/errors.ts';
import { Media, type OpenMedia } from '../sources/ffmpeg/media.ts';
import { isSeekable } from '../sources/ffmpeg/seek.ts';
import { indexFrames } from './frame-index.ts';
import type { Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import { cutFile, wholeFile, type FilePart } from './file-part.ts';

/** What is to be done of a file. */
export interface FilePlan {
  readonly parts: readonly FilePart[];
  /** What was found out of it; undefined where nothing was. */
  readonly media?: OpenMedia | undefined;
  /** How many frames it has, or probably has: for progress only. */
  readonly frames: number | undefined;
}

/** Files of less are not worth a look at their index. */
const SMALL_BYTES = 100_000;
const PICTURE = /\.(jpe?g|png|webp|bmp|gif|tiff?)$/i;

/**
 * The parts of one of the files: a function of the file, the options, and the sizes of all. What can't be read is one part:
 * it fails where it is read, with its reason.
 */
export async function planFile(
  file: number,
  inputs: readonly Input[],
  options: LabelOptions,
  signal: AbortSignal,
): Promise<FilePlan> {
  const input = inputs[file];
  if (!input) throw new Error(`there is no file ${file}`);
  const { name, bytes } = input;
  const whole = (frames?: number): FilePlan => ({ parts: wholeFile(file, name), frames });
  if (bytes === null || bytes < SMALL_BYTES || PICTURE.test(name)) return whole();
  try {
    const media = await new Media(name, options.ffmpeg).open(signal);
    // Without an index in the file a jump reads all that is before it.
    if (!isSeekable(media.info)) return { ...whole(media.info.estimatedFrames), media };
    const index = await indexFrames(media, signal);
    if (!index) return { ...whole(media.info.estimatedFrames), media };
    const after = inputs.slice(file + 1).reduce((sum, later) => sum + (later.bytes ?? 0), 0) / bytes;
    return { parts: cutFile(file, name, index, options, after), frames: index.times.length, media };
  } catch (error) {
    if (error instanceof SourceError) return whole();
    throw error;
  }
}
