import type { Input, InputVideoTrack } from 'mediabunny';
import { SourceError } from '../../errors/errors.ts';
import { chooseStream, type VideoStream } from '../choose-stream.ts';

interface Track extends VideoStream {
  readonly track: InputVideoTrack;
}

/**
 * @internal The video track to read, by {@link chooseStream}. `choice` says which one it is where there were others.
 *
 * Throws `SourceError` (`no-video-stream`, or `damaged` for a file without an index).
 */
export async function chooseTrack(
  input: Input,
  name: string,
  wanted: number | undefined,
): Promise<{ readonly track: InputVideoTrack; readonly choice?: string }> {
  const ids = (await input.getTracks()).map(({ id }) => id);
  if (ids.length === 0) {
    throw new SourceError(
      'damaged',
      `${name} has no list of its contents: it was cut off, or its recording was not finished. Copy or download it again`,
    );
  }
  const videos = await input.getVideoTracks();
  const { chosen, ...choice } = chooseStream(
    name,
    await Promise.all(videos.map((track) => describe(track, ids.indexOf(track.id)))),
    wanted,
  );
  return { track: chosen.track, ...choice };
}

async function describe(track: InputVideoTrack, stream: number): Promise<Track> {
  const [storedWidth, storedHeight, disposition] = await Promise.all([
    track.getCodedWidth(),
    track.getCodedHeight(),
    track.getDisposition(),
  ]);
  const codec = track.codec ?? 'unknown';
  return { track, stream, codec, storedWidth, storedHeight, isDefault: disposition.default };
}
