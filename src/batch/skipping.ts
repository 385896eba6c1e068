import type { FilePart } from './file-part.ts';
import type { FrameIndex } from './frame-index.ts';

/** What is decoded of a file of which not everything is needed. */
export interface Skipping {
  /** How many frames the file has, with those that are not decoded. */
  readonly frames: number;
  /** How many groups of pictures it has: each but the first begins with a key frame. */
  readonly groups: number;
  /** From how many of them frames are decoded. */
  readonly read: number;
}

/** What is decoded of these frames of a file; undefined if no part leaves out frames behind it. */
export function skippingOf(
  { times, keys }: Pick<FrameIndex, 'times' | 'keys'>,
  parts: readonly FilePart[],
): Skipping | undefined {
  if (parts.every(({ seconds }) => seconds === undefined)) return undefined;
  const groupOf = new Int32Array(keys.length);
  let groups = 0;
  // The first frame need not be a key frame: with `start` it is the one from there on.
  keys.forEach((key, i) => (groupOf[i] = groups += i === 0 ? 1 : key));
  const read = new Set<number>();
  for (const { firstSeq, expected } of parts) {
    const last = firstSeq + (expected?.frames ?? 0) - 1;
    for (let group = groupOf[firstSeq] ?? 0; group <= (groupOf[last] ?? 0); group++) read.add(group);
  }
  return { frames: times.length, groups, read: read.size };
}
