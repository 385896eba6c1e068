import type { VideoInfo } from './video-info.ts';

/** Containers with an index: a seek lands on a key frame at or before the time, and does not change the timestamps. */
const INDEXED = /^(mov|matroska)/;

/** Containers of broadcasts and streams, whose clock may start anew: those for which ffmpeg corrects it. */
const STARTS_ANEW = /^(mpegts|mpeg|hls|dash|ogg|nut|rtsp|rtp|sdp|wtv)(,|$)/;

/** Seconds to seek earlier if the first seek landed too late. */
const MARGIN = 10;

/** What decides over that. */
type Seekable = Pick<VideoInfo, 'container'> & Partial<Pick<VideoInfo, 'interlaced'>>;

/** Whether the file can be read from the middle without decoding what is before. */
export function isSeekable({ container, interlaced = false }: Seekable): boolean {
  // A frame of two fields is made with the frame before it.
  return INDEXED.test(container) && !interlaced;
}

/** Whether the file's clock may start anew by the rules of its container. */
export function mayStartAnew({ container }: Pick<VideoInfo, 'container'>): boolean {
  return STARTS_ANEW.test(container);
}

/**
 * The seek times (ffmpeg's `-ss`, counted from the file's start time) for reaching `start` (seconds) on the file's clock.
 *
 * Try them in order. `undefined` reads from the beginning, which is slow and always right. The caller checks that the first
 * decoded frame is not after `start`.
 */
export function seeks(
  info: Seekable & Pick<VideoInfo, 'startSeconds'>,
  start: number | undefined,
): readonly (number | undefined)[] {
  if (start === undefined || !isSeekable(info)) return [undefined];
  const offset = start - info.startSeconds;
  return [...[offset, offset - MARGIN].filter((seconds) => seconds > 0), undefined];
}
