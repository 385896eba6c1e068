import { framesOf, type FilePart } from './file-part.ts';
import type { FrameCosts } from './frame-costs.ts';
import type { FrameIndex } from './frame-index.ts';

/** What is decoded of a file of which not everything is needed. */
export interface Skipping {
  /** How many frames the file has, with those that are not decoded. */
  readonly frames: number;
  /** How many groups of pictures it has: each but the first begins with a key frame. */
  readonly groups: number;
  /** From how many of them frames are decoded. */
  readonly read: number;
  /** About how many seconds of one core it takes to decode the others, and how many to start decoders behind them. */
  readonly saved: number;
  readonly spent: number;
}

/** What is decoded of these frames of a file; undefined if no part leaves out frames behind it. */
export function skippingOf(
  { times, keys }: Pick<FrameIndex, 'times' | 'keys'>,
  parts: readonly FilePart[],
  { decode, start }: Pick<FrameCosts, 'decode' | 'start'>,
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
  const left = times.length - (framesOf(parts) ?? times.length);
  const starts = parts.filter((_, i) => parts[i - 1]?.seconds !== undefined).length;
  const [saved, spent] = [(left * decode) / 1000, (starts * start) / 1000];
  return { frames: times.length, groups, read: read.size, saved, spent };
}
