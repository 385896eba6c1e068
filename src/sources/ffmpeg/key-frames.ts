import type { VideoInfo } from './video-info.ts';

/** Containers that state a time for each key frame. In others ffmpeg works the times out from all frames. */
const STATES_TIMES = /^(mov|matroska|mpegts|hls|flv|ogg|asf)(,|$)/;

/** Whether a decoder may skip what is no key frame. A frame of two fields is made with its neighbours. */
export function canSkipFrames({ container, interlaced }: Pick<VideoInfo, 'container' | 'interlaced'>): boolean {
  return STATES_TIMES.test(container) && !interlaced;
}
