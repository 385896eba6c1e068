import type { VideoInfo } from '../../sources/ffmpeg/video-info.ts';

/** Estimates how many frames a video has from `start` to `end` (seconds). Undefined if the video's length is unknown. */
export function expectedFrames(
  { estimatedFrames, durationSeconds }: VideoInfo,
  start = 0,
  end = Infinity,
): number | undefined {
  const seconds = Math.min(end, durationSeconds ?? 0) - start;
  const part = durationSeconds ? Math.max(0, Math.min(1, seconds / durationSeconds)) : 1;
  return estimatedFrames && Math.max(1, Math.round(estimatedFrames * part));
}
