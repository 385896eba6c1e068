import type { VideoInfo } from './video-info.ts';

/** Containers with an index: a seek lands on a key frame at or before the time, and does not change the timestamps. */
const INDEXED = /^(mov|matroska)/;

/** Seconds to seek earlier if the first seek landed too late. */
const MARGIN = 10;

/** Whether the file can be read from the middle without decoding what is before. */
export function isSeekable({ container }: Pick<VideoInfo, 'container'>): boolean {
  return INDEXED.test(container);
}

/**
 * The seek times (ffmpeg's `-ss`, counted from the file's start time) for reaching `start` on the file's clock.
 *
 * Try them in order. `undefined` reads from the beginning, which is slow and always right. The caller checks that the first
 * decoded frame is not after `start`.
 */
export function seeks(
  info: Pick<VideoInfo, 'container' | 'startSeconds'>,
  start: number | undefined,
): readonly (number | undefined)[] {
  if (start === undefined || !isSeekable(info)) return [undefined];
  const offset = start - info.startSeconds;
  return [...[offset, offset - MARGIN].filter((seconds) => seconds > 0), undefined];
}
