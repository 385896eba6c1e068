import { SourceError } from '../../errors/errors.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { OpenMedia } from './media.ts';
import type { VideoInfo } from './video-info.ts';

/** Containers that state a time for each key frame. In others ffmpeg works the times out from all frames. */
const STATES_TIMES = /^(mov|matroska|mpegts|hls|flv|ogg|asf)(,|$)/;

/** Whether a decoder may skip what is no key frame. A frame of two fields is made with its neighbours. */
export function canSkipFrames({ container, interlaced }: Pick<VideoInfo, 'container' | 'interlaced'>): boolean {
  return STATES_TIMES.test(container) && !interlaced;
}

/** Refuses what has no key frames to choose from, if they are asked for: pictures, and streams that are sent as they are recorded. */
export function checkForKeyFrames({ input, info }: OpenMedia, { sample }: Pick<DecodeOptions, 'sample'>): void {
  if (sample === undefined) return;
  const { name, remote } = input;
  if (info.still) {
    throw new SourceError(
      'not-allowed',
      `${name}: a picture, and only videos have key frames: leave out --sample (the option sample)`,
    );
  }
  if (remote && info.durationSeconds === undefined) {
    throw new SourceError(
      'not-allowed',
      `${name}: the server states no length, as of a live source, whose frames are taken as they come: leave out --sample (the option sample), or download the file first`,
    );
  }
}
