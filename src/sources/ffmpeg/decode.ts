import type { Arrival } from '../../flow/gate/arrival.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkDecodeOptions, type DecodeOptions } from './decode-options.ts';
import { Decoding, type DecodedFrames, type Known } from './decoding.ts';
import { parseLocation } from './input.ts';
import { Media } from './media.ts';
import { TickedFrames } from './ticked-frames.ts';
import type { VideoInfo } from './video-info.ts';

/** A file's frames, decoded anew by each iteration. */
export interface DecodedMedia extends AsyncIterable<Arrival<Pixels>> {
  /** The source as the user gave it, without passwords. */
  readonly name: string;
  /** The description of the video; the file is asked once. */
  info(): Promise<VideoInfo>;
  [Symbol.asyncIterator](): DecodedFrames;
}

/**
 * Decodes a video file or picture with an ffmpeg child: every frame once, in order, with the file's own times (µs).
 *
 * Nothing runs before the first `next()`; by default one picture is decoded ahead. `return()` ends the child process.
 * Throws `OptionError` at once for bad options; a file that can't be read fails the first `next()` with `SourceError`.
 *
 * @example
 * for await (const { data, timestamp } of decode('clip.mp4', { resize: { width: 224, height: 224 } })) {
 *   console.log(timestamp, data.width, data.height);
 * }
 */
export function decode(where: string | URL, options: DecodeOptions = {}): DecodedMedia {
  checkDecodeOptions(options);
  const { name } = parseLocation(where);
  return decodeMedia(name, new Media(where, options), options);
}

/** @internal The same for a file that may have been described already. */
export function decodeMedia(name: string, media: Media, options: DecodeOptions, known?: Known): DecodedMedia {
  return {
    name,
    info: async () => (await media.open()).info,
    [Symbol.asyncIterator]: () => {
      const { fps } = options;
      const frames = new Decoding(media, options, known);
      return fps === undefined ? frames : new TickedFrames(frames, media, options, fps);
    },
  };
}
