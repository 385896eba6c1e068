import type { EncodedPacket, EncodedPacketSink, Input } from 'mediabunny';
import { SourceError } from '../../errors/errors.ts';

/** A file that was read to its end, and what was taken from it. */
export interface ReadFile {
  readonly name: string;
  readonly input: Input;
  readonly packets: EncodedPacketSink;
  /** How many frames were emitted. */
  readonly frames: number;
  /** The file's time of its first frame, in seconds: `start` and `end` count from it. */
  readonly origin: number;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** A container's duration is a rough figure: missing frames are reported from this much on, in seconds and as a part of it. */
const ROUGH = { seconds: 1, part: 0.05 };

/**
 * @internal Checks a file that was read to its end: mediabunny ends a file that was cut off like any other.
 *
 * Throws `SourceError`: `damaged` if the file is shorter than it says it is, `no-frames` if no frame could be decoded, and
 * `start-past-end` if it has none from `start` on.
 */
export async function checkEnd(file: ReadFile): Promise<void> {
  const { name, frames, origin, start, end } = file;
  // Of a part of the file, the frames after it say nothing.
  const missing = end === undefined || frames === 0 ? await missingIn(file) : undefined;
  const came =
    frames === 0 ? 'not one frame of it could be decoded' : `only its first ${frames} frames could be decoded`;
  if (missing !== undefined) {
    throw new SourceError(
      frames === 0 ? 'no-frames' : 'damaged',
      `${name} was cut off: ${missing}, and ${came}. Copy or download it again`,
    );
  }
  if (frames > 0) return;
  const last = await file.packets.getPacket(Infinity, { metadataOnly: true }).catch(() => null);
  if (last && end !== undefined && last.timestamp - origin >= end) return;
  if (last && start !== undefined) {
    const until = (last.timestamp + last.duration - origin).toFixed(3);
    throw new SourceError('start-past-end', `${name}: no frame at or after ${start} s: the video ends at ${until} s`);
  }
  throw new SourceError('no-frames', `${name}: ${came}: the file is damaged, or has no frames`);
}

/** What a file promises and does not have; undefined if it is complete, as far as it says. */
async function missingIn({ input, packets }: ReadFile): Promise<string | undefined> {
  try {
    // The index of a file that was cut off lists frames whose bytes are not there. The last one stored may come after the last one
    // to be shown.
    let listed: EncodedPacket | null = await packets.getPacket(Infinity, { metadataOnly: true });
    while (listed) {
      if (!(await packets.getPacket(listed.timestamp))) return 'the bytes of its last frames are missing';
      listed = await packets.getNextPacket(listed, { metadataOnly: true });
    }
    const stated = await input.getDurationFromMetadata();
    if (stated === null) return undefined;
    const real = await input.computeDuration();
    if (real >= stated - Math.max(ROUGH.seconds, ROUGH.part * stated)) return undefined;
    return `it says that it lasts ${stated.toFixed(1)} s, but it ends at ${real.toFixed(1)} s`;
  } catch {
    // What is left of a damaged file may not even have an end.
    return 'its end can’t be read';
  }
}
