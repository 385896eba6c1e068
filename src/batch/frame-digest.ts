import { createHash } from 'node:crypto';
import { hasFields, isCount, isText } from './read-back.ts';

/** How many frames there are, and a hash of their timestamps: enough to compare two lists of frames. */
export interface FrameDigest {
  /** The number of frames. */
  readonly frames: number;
  /** The first 16 hexadecimal digits of a SHA-256 hash over all timestamps. */
  readonly digest: string;
}

/** Whether a value that was read back is a digest. */
export function isDigest(value: unknown): value is FrameDigest {
  return hasFields(value, { frames: isCount, digest: isText });
}

/** Computes a {@link FrameDigest} from one timestamp after the other. */
export class FrameDigester {
  readonly #hash = createHash('sha256');
  #frames = 0;

  /** Adds the next frame's timestamp, µs. */
  add(time: number): void {
    this.#frames++;
    this.#hash.update(`${time} `);
  }

  /** Returns the digest. Call it once; `add` must not be called after it. */
  finish(): FrameDigest {
    return { frames: this.#frames, digest: this.#hash.digest('hex').slice(0, 16) };
  }
}

/** Returns the digest of a list of timestamps. */
export function digestOf(times: Iterable<number>): FrameDigest {
  const digester = new FrameDigester();
  for (const time of times) digester.add(time);
  return digester.finish();
}

/** Returns whether two digests are of the same frames. */
export function sameFrames(a: FrameDigest, b: FrameDigest): boolean {
  return a.frames === b.frames && a.digest === b.digest;
}
