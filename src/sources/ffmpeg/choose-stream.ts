import { SourceError } from '../../errors/errors.ts';
import type { VideoInfo } from './video-info.ts';

/**
 * Returns the video stream to read: the one that is asked for; else the one that the file marks as its default, or of several
 * (or if none is marked) the one with the most pixels, or of equal ones the first. `choice` says so where there were others.
 *
 * Throws `SourceError` (`no-video-stream`) if there is none, or not the one that is asked for.
 */
export function chooseStream(
  name: string,
  videos: readonly VideoInfo[],
  wanted: number | undefined,
): { readonly info: VideoInfo; readonly choice?: string } {
  const [best] = videos.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || pixelsOf(b) - pixelsOf(a));
  if (best === undefined) {
    throw new SourceError('no-video-stream', `${name}: there is no video in it, only other streams`);
  }
  const list = videos.map(describeStream).join(', ');
  if (wanted !== undefined) {
    const info = videos.find(({ stream }) => stream === wanted);
    if (info !== undefined) return { info };
    const what = videos.length === 1 ? 'its only video stream is' : 'its video streams are';
    throw new SourceError('no-video-stream', `${name}: there is no video stream ${wanted} in it: ${what} ${list}`);
  }
  if (videos.length === 1) return { info: best };
  const choice = `${name}: it has ${videos.length} video streams: ${list}. Stream ${best.stream} is read; the option \`stream\` (--stream) chooses another`;
  return { info: best, choice };
}

function pixelsOf({ storedWidth, storedHeight }: VideoInfo): number {
  return storedWidth * storedHeight;
}

/** `0 (h264, 320x180, default)` */
function describeStream({ stream, codec, storedWidth, storedHeight, isDefault }: VideoInfo): string {
  return `${stream} (${codec}, ${storedWidth}x${storedHeight}${isDefault ? ', default' : ''})`;
}
