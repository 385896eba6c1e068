import { wholeFile, type FilePart } from './file-part.ts';
import { digestOf } from './frame-digest.ts';
import type { FrameCosts } from './frame-costs.ts';
import type { FrameIndex } from './frame-index.ts';
import { samplingOf, type LabelOptions } from './label-options.ts';
import { gapsIn, startsBetween } from './frame-gaps.ts';
import { Detours } from './detours.ts';
import { labelledBefore, samplingStride } from './part-sampling.ts';

/**
 * A part has an eighth of the frames that are left in the job, within these limits. Starting a decoder costs as much as
 * about ten frames, so parts are long. At the end of the job they are short, so that all workers end at about the same time.
 */
const FRACTION = 8;
const LEAST_FRAMES = 64;
const MOST_FRAMES = 1024;
/** Decoding and labelling a frame costs this many times as much as decoding it only. */
const LABELLING_COST = 8;
const NO_COSTS: FrameCosts = { decode: 0, start: 0, compute: 0 };
/** The first part of a job is short, so that the first results come soon. */
const FIRST_PART_FRAMES = 16;

/**
 * Cuts a file into parts: at its key frames, and between them where that pays. Frames between two parts need not be decoded.
 *
 * The cuts depend only on the file's index, the options, `after`: the size of all later files, in multiples of this file's size, and
 * its costs, which are no measurements of this machine. So parts and results are the same on any machine and with any number of workers.
 */
export function cutFile(
  file: number,
  source: string,
  index: FrameIndex,
  options: LabelOptions,
  after = 0,
  costs: FrameCosts = NO_COSTS,
): readonly FilePart[] {
  const frames = framesWithin(index, options);
  const { times } = frames;
  const gaps = gapsIn(frames, options, costs);
  const cuts = partStarts(frames, samplingStride(times, options), file === 0, after, costs);
  const isOnePart = cuts.length === 1 && gaps.length === 0;
  // The index of a single part says which frames are sampled.
  if (cuts.length === 0 || (isOnePart && samplingOf(options) === undefined)) return wholeFile(file, source);
  const starts = startsBetween(cuts, gaps, times.length);
  const sampledBefore = labelledBefore(times, starts, options);
  const gapBefore = new Map(gaps.map(({ from, to }) => [to, from]));
  return starts.map((first, part) => {
    const next = starts[part + 1] ?? times.length;
    const last = gapBefore.get(next) ?? next;
    const [start, end] = [times[first], times[last]];
    const before = sampledBefore[part];
    return {
      file,
      part,
      source,
      origin: index.origin,
      ...(part > 0 && start !== undefined ? { start } : {}),
      ...(end === undefined ? {} : { end }),
      firstSeq: first,
      ...(before === undefined ? {} : { labelledBefore: before }),
      ...(last === next ? {} : { seconds: ((times[next] ?? times.at(-1) ?? 0) - (start ?? 0)) / 1e6 }),
      expected: digestOf(times.subarray(first, last)),
    };
  });
}

type Frames = Pick<FrameIndex, 'times' | 'keys'>;

/** Returns the frames from `start` (inclusive) to `end` (exclusive) of the options. */
export function framesWithin({ times, keys }: FrameIndex, { start, end }: LabelOptions): Frames {
  const indexAt = (seconds: number | undefined): number | undefined => {
    if (seconds === undefined) return undefined;
    const time = Math.round(seconds * 1e6);
    const found = times.findIndex((one) => one >= time);
    return found === -1 ? times.length : found;
  };
  const [first, last] = [indexAt(start), indexAt(end)];
  return { times: times.subarray(first, last), keys: keys.subarray(first, last) };
}

/**
 * Returns the index of each part's first frame: the first key frame after enough frames of the part before. In a group that is much longer,
 * a part begins between key frames. Its decoder goes a detour: it decodes from the key frame on.
 */
function partStarts(
  { times: { length }, keys }: Frames,
  stride: number,
  isFirstFile: boolean,
  after: number,
  costs: FrameCosts,
): number[] {
  if (length === 0) return [];
  // How many decoded frames cost as much as one labelled frame, if one in `stride` is labelled.
  const scale = LABELLING_COST / (1 + (LABELLING_COST - 1) / stride);
  const least = LEAST_FRAMES * scale;
  const wantedFrames = (left: number) =>
    Math.min(Math.max((left + after * length) / FRACTION, least), MOST_FRAMES * scale);
  const starts = isFirstFile && length >= 4 * FIRST_PART_FRAMES ? [0, FIRST_PART_FRAMES] : [0];
  const detours = new Detours(keys, costs, stride, after);
  keys.forEach((isKey, i) => {
    const start = starts.at(-1) ?? 0;
    const wanted = Math.max(wantedFrames(length - start), detours.leastAfter(start));
    if (i - start < wanted || length - i < least / 2) return;
    if (isKey || (detours.pay && detours.nextKey(i) - i > wanted && length - i >= detours.leastAfter(i)))
      starts.push(i);
  });
  return starts;
}
