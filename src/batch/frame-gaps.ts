import { sampler } from '../flow/operators/sample-frames.ts';
import type { FrameCosts } from './frame-costs.ts';
import type { FrameIndex } from './frame-index.ts';
import { samplingOf, type LabelOptions } from './label-options.ts';

/** Frames that need not be decoded: from the index `from` up to but not including `to`, which is a key frame or the end. */
export interface FrameGap {
  readonly from: number;
  readonly to: number;
}

/** Each gap makes a part, and each part a file. What comes behind so many gaps is decoded. */
const MOST_GAPS = 100_000;

/**
 * Finds the frames that need not be decoded, because no frame is sampled from their groups of pictures after them, where leaving them out
 * takes less time than decoding them.
 */
export function gapsIn(
  { times, keys }: Pick<FrameIndex, 'times' | 'keys'>,
  options: LabelOptions,
  { decode, start }: Pick<FrameCosts, 'decode' | 'start'>,
): FrameGap[] {
  const sampling = samplingOf(options);
  if (sampling === undefined) return [];
  const isSampled = sampler(sampling);
  const gaps: FrameGap[] = [];
  const add = (from: number, to: number) => {
    if ((to - from) * decode > start && gaps.length < MOST_GAPS) gaps.push({ from, to });
  };
  let [key, next] = [0, 0];
  times.forEach((time, i) => {
    if (keys[i] === 1) key = i;
    if (!isSampled(time)) return;
    add(next, key);
    next = i + 1;
  });
  add(next, times.length);
  return gaps;
}

/** Returns the starts of parts that lie in no gap, and the ends of gaps, in order. `starts` and `gaps` are in order, too. */
export function startsBetween(starts: readonly number[], gaps: readonly FrameGap[], length: number): number[] {
  let at = 0;
  const kept = starts.filter((start) => {
    while ((gaps[at]?.to ?? Infinity) <= start) at++;
    return start < (gaps[at]?.from ?? Infinity);
  });
  const behind = gaps.map(({ to }) => to).filter((to) => to < length);
  return [...new Set([...kept, ...behind])].toSorted((a, b) => a - b);
}
