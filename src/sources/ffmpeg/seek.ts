import type { VideoInfo } from './video-info.ts';

/** Containers with an index: a jump lands on a key frame at or before the time, and times after it are the same. */
const INDEXED = /^(mov|matroska)/;

/** Seconds of extra room when the first jump landed too late. */
const MARGIN = 10;

/** Whether a jump into the file costs nothing of what is before it. */
export function isSeekable({ container }: Pick<VideoInfo, 'container'>): boolean {
  return INDEXED.test(container);
}

/**
 * Where to jump (ffmpeg's `-ss`, counted from the file's start time) so as to reach `start` on the file's clock.
 *
 * The entries are tried in turn; `undefined` reads from the beginning: slow, and never wrong. Whoever tries checks that
 * the first frame decoded is not after `start`.
 */
export function seeks(
  info: Pick<VideoInfo, 'container' | 'startSeconds'>,
  start: number | undefined,
): readonly (number | undefined)[] {
  if (start === undefined || !isSeekable(info)) return [undefined];
  const offset = start - info.startSeconds;
  return [...[offset, offset - MARGIN].filter((seconds) => seconds > 0), undefined];
}
