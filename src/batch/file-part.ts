import { createHash } from 'node:crypto';
import { sampler } from '../flow/operators/sample-frames.ts';
import type { FrameIndex } from './frame-index.ts';
import { samplingOf, type LabelOptions } from './label-options.ts';

/** A part of a file that can be labelled by itself, anywhere: plain JSON. */
export interface FilePart {
  /** The place of its file among the inputs, and its own in the file. */
  readonly file: number;
  readonly part: number;
  /** The file, as it was given. */
  readonly source: string;
  /** From this time on, µs; absent: from where the file is to be read. */
  readonly start?: number;
  /** Up to, but not including, this time, µs. */
  readonly end?: number;
  /** What the first frame counts as. */
  readonly firstSeq: number;
  /** Times (µs) of the first and of the last frame before this part that were to be labelled, for `fps` to go on from. */
  readonly labelledBefore?: readonly number[];
  /** The frames that the file's index promises; absent where there is no promise: whatever comes is right. */
  readonly expected?: Expected;
}

/** Frames by their number and times, without a list of them. */
export interface Expected {
  readonly frames: number;
  readonly digest: string;
}

/**
 * How many frames make a part: an eighth of what is left of the job, within these bounds. To start a decoder costs as much
 * as some ten frames do, so parts are long; towards the end they are short, so that all workers end together. A frame that
 * is to be labelled counts eight times one that is not.
 */
const SHARE = 8;
const LEAST = 64;
const MOST = 1024;
const LABELLED = 8;
/** The very first part is short: whoever waits for results sees the first ones soon. */
const FIRST = 16;

/** A file as one part: where nothing is known of its frames, or what is known turned out to be wrong. */
export function wholeFile(file: number, source: string): readonly FilePart[] {
  return [{ file, part: 0, source, firstSeq: 0 }];
}

/**
 * Cuts a file into parts at its key frames, by nothing but its index, the options, and how much comes after it, in multiples
 * of the file: so the parts, and what comes out of them, are the same on any machine, with any number of workers.
 */
export function cutFile(
  file: number,
  source: string,
  index: FrameIndex,
  options: LabelOptions,
  after = 0,
): readonly FilePart[] {
  const from = options.start === undefined ? -Infinity : Math.round(options.start * 1e6);
  const to = options.end === undefined ? Infinity : Math.round(options.end * 1e6);
  const frames = within(index, from, to);
  const { times } = frames;
  const starts = cutsOf(frames, strideOf(times, options), file === 0, after);
  if (starts.length <= 1) return wholeFile(file, source);
  const labelled = labelledBefore(times, starts, options);
  return starts.map((first, part) => {
    const [begin, end] = [times[first], times[starts[part + 1] ?? NaN]];
    const own = times.subarray(first, starts[part + 1]);
    const before = labelled?.[part];
    return {
      file,
      part,
      source,
      ...(part > 0 && begin !== undefined ? { start: begin } : {}),
      ...(end === undefined ? {} : { end }),
      firstSeq: first,
      ...(before === undefined ? {} : { labelledBefore: before }),
      expected: { frames: own.length, digest: digestOf(own) },
    };
  });
}

function within({ times, keys }: FrameIndex, from: number, to: number): FrameIndex {
  const place = (time: number): number => {
    const at = times.findIndex((one) => one >= time);
    return at === -1 ? times.length : at;
  };
  const [first, last] = [place(from), place(to)];
  return { times: times.subarray(first, last), keys: keys.subarray(first, last) };
}

/** Where parts begin: at the first key frame after enough work. */
function cutsOf(
  { times: { length }, keys }: FrameIndex,
  stride: number,
  isFirstFile: boolean,
  after: number,
): number[] {
  const one = LABELLED / (1 + (LABELLED - 1) / stride);
  const worth = (left: number) => Math.min(Math.max((left + after * length) / SHARE, LEAST * one), MOST * one);
  if (length === 0) return [];
  const cuts = isFirstFile && length >= 4 * FIRST ? [0, FIRST] : [0];
  keys.forEach((isKey, i) => {
    if (!isKey) return;
    const begun = cuts.at(-1) ?? 0;
    if (i - begun >= worth(length - begun) && length - i >= (LEAST * one) / 2) cuts.push(i);
  });
  return cuts;
}

/** How many frames there are for one to be labelled. */
function strideOf(times: Float64Array, options: LabelOptions): number {
  const { every = 1, fps } = options;
  if (fps === undefined) return every;
  const wanted = sampler({ fps });
  const labelled = times.reduce((count, time) => count + (wanted(time) ? 1 : 0), 0);
  return labelled > 0 ? times.length / labelled : 1;
}

/** For each part, times of the first and the last frame before it that are to be labelled: what `fps` goes on from. */
function labelledBefore(
  times: Float64Array,
  starts: readonly number[],
  options: LabelOptions,
): readonly (readonly number[] | undefined)[] | undefined {
  const sampling = samplingOf(options);
  if (sampling === undefined || !('fps' in sampling)) return undefined;
  const wanted = sampler(sampling);
  const found: (readonly number[] | undefined)[] = [];
  let [first, last]: [number | undefined, number | undefined] = [undefined, undefined];
  times.forEach((time, i) => {
    if (i === starts[found.length]) {
      found.push(first === undefined ? undefined : last === undefined ? [first] : [first, last]);
    }
    if (!wanted(time)) return;
    if (first === undefined) first = time;
    else last = time;
  });
  return found;
}

/** Tells lists of times apart. */
export class TimesDigest {
  readonly #hash = createHash('sha256');
  #frames = 0;

  add(time: number): void {
    this.#frames++;
    this.#hash.update(`${time} `);
  }

  /** What was added so far; nothing can be added after. */
  done(): Expected {
    return { frames: this.#frames, digest: this.#hash.digest('hex').slice(0, 16) };
  }
}

function digestOf(times: Iterable<number>): string {
  const digest = new TimesDigest();
  for (const time of times) digest.add(time);
  return digest.done().digest;
}

/** Names a part, in the order of the results. */
export function nameOf({ file, part, expected }: FilePart): string {
  // A file that is read as a whole after all has other results than its first part had.
  return `${String(file).padStart(6, '0')}-${expected ? String(part).padStart(6, '0') : 'whole'}`;
}

/** A sampler that goes on where the parts before this one left off. */
export function samplerFor(
  { firstSeq, labelledBefore: before = [] }: FilePart,
  options: LabelOptions,
): (time: number) => boolean {
  const sampling = samplingOf(options);
  if (sampling === undefined) return () => true;
  const wanted = sampler(sampling);
  if ('n' in sampling) for (let seen = firstSeq % sampling.n; seen > 0; seen--) wanted(0);
  for (const time of before) wanted(time);
  return wanted;
}
