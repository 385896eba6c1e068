import { SourceError } from '../errors/errors.ts';
import { Media, type MediaOptions, type OpenMedia } from '../sources/ffmpeg/media.ts';
import { isSeekable } from '../sources/ffmpeg/seek.ts';
import { cutFile, framesWithin } from './cut-file.ts';
import { framesOf, wholeFile, type FilePart } from './file-part.ts';
import { frameCosts } from './frame-costs.ts';
import { indexFrames } from './frame-index.ts';
import type { Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import { skippingOf, type Skipping } from './skipping.ts';

/** How a file is labelled, how large its pictures may be, and how much the model computes. */
export type PlanOptions = LabelOptions &
  Pick<MediaOptions, 'maxPixels'> & {
    /** How many multiply-accumulates the model has for a frame. Default 0: not known. The index is read while it is awaited. */
    readonly macs?: number | Promise<number>;
  };

/** The parts of one file, and what is known about the file. */
export interface FilePlan {
  readonly parts: readonly FilePart[];
  /** What ffprobe said of the file. Undefined if it was not asked. */
  readonly media?: OpenMedia | undefined;
  /** The number of frames that are decoded, or an estimate of it, for progress only. */
  readonly frames: number | undefined;
  /** What is not decoded. Undefined if everything is. */
  readonly skipping?: Skipping | undefined;
}

/** For smaller files, reading the index costs more than it saves. */
const SMALL_BYTES = 100_000;
/** ffmpeg would decode a picture to describe it. Its worker does that, within the job's memory. */
const PICTURE =
  /\.(jp[egf]|jpeg|jfif|jfi|jif|png|webp|bmp|dib|gif|tiff?|avif|hei[cf]s?|hif|jp[2cx]|j2[ck]|jxl|mpo|tga|p[bgpn]m)$/i;

/**
 * Plans how one of the input files is labelled. The plan depends only on the file, the options, and the sizes of all files.
 * A file that cannot be read is one part: the worker that labels it reports the reason.
 */
export async function planFile(
  file: number,
  inputs: readonly Input[],
  { macs = 0, ...options }: PlanOptions,
  signal: AbortSignal,
): Promise<FilePlan> {
  const input = inputs[file];
  if (!input) throw new Error(`there is no file ${file}`);
  const { name, bytes } = input;
  const whole = (frames?: number): FilePlan => ({ parts: wholeFile(file, name), frames });
  if (bytes === null || bytes < SMALL_BYTES || PICTURE.test(name)) return whole();
  try {
    const media = await new Media(name, options).open(signal);
    // Its worker looks at it again, and waits for memory if it is large.
    if (media.info.still) return whole(1);
    // In a file without an index, ffmpeg reads all that is before the place where a part begins.
    if (!isSeekable(media.info)) return { ...whole(media.info.estimatedFrames), media };
    // Key frames are decoded in so little time that parts would gain nothing, and whether a frame begins a shot depends on those before.
    if (options.sample !== undefined) return { ...whole(), media };
    const index = await indexFrames(media, signal);
    if (!index) return { ...whole(media.info.estimatedFrames), media };
    const after = inputs.slice(file + 1).reduce((sum, later) => sum + (later.bytes ?? 0), 0) / bytes;
    const costs = frameCosts(media.info, await macs);
    const parts = cutFile(file, name, index, options, after, costs);
    return {
      parts,
      frames: framesOf(parts) ?? index.times.length,
      media,
      skipping: skippingOf(framesWithin(index, options), parts, costs),
    };
  } catch (error) {
    if (error instanceof SourceError) return whole();
    throw error;
  }
}
