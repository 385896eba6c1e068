import type { Input, InputVideoTrack } from 'mediabunny';
import { SourceError } from '../../errors/errors.ts';

interface Described {
  readonly track: InputVideoTrack;
  /** Its number among all tracks of the file. */
  readonly stream: number;
  readonly width: number;
  readonly height: number;
  readonly isDefault: boolean;
}

/**
 * @internal The video track to read, chosen as in Node: the one that is asked for; else the one that the file marks as its
 * default, or of several the one with the most pixels. `choice` says so where there were others.
 *
 * Throws `SourceError` (`no-video-stream`, or `damaged` for a file without an index).
 */
export async function chooseTrack(
  input: Input,
  name: string,
  wanted: number | undefined,
): Promise<{ readonly track: InputVideoTrack; readonly choice?: string }> {
  const ids = (await input.getTracks()).map(({ id }) => id);
  const tracks = await Promise.all(
    (await input.getVideoTracks()).map((track) => describe(track, ids.indexOf(track.id))),
  );
  const [best] = tracks.toSorted(
    (a, b) => Number(b.isDefault) - Number(a.isDefault) || b.width * b.height - a.width * a.height,
  );
  if (ids.length === 0) {
    throw new SourceError(
      'damaged',
      `${name} has no list of its contents: it was cut off, or its recording was not finished. Copy or download it again`,
    );
  }
  if (!best) throw new SourceError('no-video-stream', `${name} has no video in it`);
  const list = tracks.map(({ stream, width, height }) => `${stream} (${width}x${height})`).join(', ');
  if (wanted !== undefined) {
    const found = tracks.find(({ stream }) => stream === wanted);
    if (found) return { track: found.track };
    throw new SourceError('no-video-stream', `${name} has no video stream ${wanted}; it has ${list}`);
  }
  if (tracks.length === 1) return { track: best.track };
  const choice = `${name} has ${tracks.length} video streams: ${list}. Stream ${best.stream} is read; the option stream chooses another`;
  return { track: best.track, choice };
}

async function describe(track: InputVideoTrack, stream: number): Promise<Described> {
  const [width, height, disposition] = await Promise.all([
    track.getCodedWidth(),
    track.getCodedHeight(),
    track.getDisposition(),
  ]);
  return { track, stream, width, height, isDefault: disposition.default };
}
