import { SourceError } from '../errors/errors.ts';

/** A video stream of a file. */
export interface VideoStream {
  /** Its number among all streams of the file. */
  readonly stream: number;
  readonly codec: string;
  readonly storedWidth: number;
  readonly storedHeight: number;
  /** Whether the file marks it as its default. */
  readonly isDefault: boolean;
}

/**
 * Returns the video stream to read: the one that is asked for; else the one that the file marks as its default, or of several
 * (or if none is marked) the one with the most pixels, or of equal ones the first. `choice` says so where there were others.
 *
 * Throws `SourceError` (`no-video-stream`) if there is none, or not the one that is asked for.
 */
export function chooseStream<S extends VideoStream>(
  name: string,
  streams: readonly S[],
  wanted: number | undefined,
): { readonly chosen: S; readonly choice?: string } {
  const [best] = streams.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || pixelsOf(b) - pixelsOf(a));
  if (best === undefined) {
    throw new SourceError('no-video-stream', `${name}: the file has no video, only other streams`);
  }
  const list = streams.map(describeStream).join(', ');
  if (wanted !== undefined) {
    const chosen = streams.find(({ stream }) => stream === wanted);
    if (chosen !== undefined) return { chosen };
    const what = streams.length === 1 ? 'Its only video stream is' : 'Its video streams are';
    throw new SourceError('no-video-stream', `${name}: the file has no video stream ${wanted}. ${what} ${list}`);
  }
  if (streams.length === 1) return { chosen: best };
  const choice = `${name}: the file has ${streams.length} video streams: ${list}. Stream ${best.stream} is read; the option \`stream\` chooses another`;
  return { chosen: best, choice };
}

function pixelsOf({ storedWidth, storedHeight }: VideoStream): number {
  return storedWidth * storedHeight;
}

/** `0 (h264, 320x180, default)` */
function describeStream({ stream, codec, storedWidth, storedHeight, isDefault }: VideoStream): string {
  return `${stream} (${codec}, ${storedWidth}x${storedHeight}${isDefault ? ', default' : ''})`;
}
