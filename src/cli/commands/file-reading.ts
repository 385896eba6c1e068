import { identity, type MonoTypeOperatorFunction } from 'rxjs';
import { decoderSampling, samplingOf, type LabelOptions } from '../../batch/label-options.ts';
import { picked } from '../../errors/picked.ts';
import { sampleFrames } from '../../flow/operators/sample-frames.ts';
import type { Frame } from '../../frames/frame.ts';
import type { SamplingOptions } from '../../sources/ffmpeg/sampling.ts';
import type { VideoFileOptions } from '../../sources/video-file.ts';
import type { Pixels } from '../../stage/pixels.ts';

/** The parsed options that say which frames of files are read, and how. */
export type ReadingOptions = Pick<
  LabelOptions,
  keyof SamplingOptions | 'every' | 'start' | 'end' | 'stream' | 'allowPlaylists' | 'ffmpeg' | 'hwaccel' | 'toneMap'
> & { readonly maxPixels?: number };

/** How a file is read, by the options of a command. */
export function readingOf(options: ReadingOptions): VideoFileOptions {
  const { start, end, stream, allowPlaylists, ffmpeg, hwaccel, toneMap, maxPixels } = options;
  // As `batch`: of a damaged file, several threads give other pictures in each run.
  const how = picked({ start, end, stream, allowPlaylists, ffmpeg, hwaccel, toneMap, maxPixels });
  return { threads: 1, ...decoderSampling(options), ...how };
}

/** Lets the frames pass that `--fps` or `--every` choose. */
export function sampled(
  options: Pick<ReadingOptions, 'sample' | 'fps' | 'every'>,
): MonoTypeOperatorFunction<Frame<Pixels>> {
  const sampling = samplingOf(options);
  return sampling ? sampleFrames(sampling) : identity;
}
