import { sampler } from '../flow/operators/sample-frames.ts';
import type { FilePart } from './file-part.ts';
import { samplingOf, type LabelOptions } from './label-options.ts';

/** Returns a function that says for each frame of a part, in order, whether it is sampled. It continues from the parts before. */
export function samplerFor(
  { firstSeq, labelledBefore = [] }: FilePart,
  options: LabelOptions,
): (time: number) => boolean {
  const sampling = samplingOf(options);
  if (sampling === undefined) return () => true;
  const isSampled = sampler(sampling);
  if ('n' in sampling) for (let seen = firstSeq % sampling.n; seen > 0; seen--) isSampled(0);
  for (const time of labelledBefore) isSampled(time);
  return isSampled;
}

/**
 * Returns for each part the timestamps of the first and the last sampled frame before it: all that `fps` needs to
 * continue there. Undefined for a part without one, and for all parts if the options have no `fps`.
 *
 * `starts` holds the index of each part's first frame.
 */
export function labelledBefore(
  times: Float64Array,
  starts: readonly number[],
  options: LabelOptions,
): readonly (readonly number[] | undefined)[] {
  const sampling = samplingOf(options);
  if (sampling === undefined || !('fps' in sampling)) return [];
  const isSampled = sampler(sampling);
  const before: (readonly number[] | undefined)[] = [];
  let [first, last]: [number | undefined, number | undefined] = [undefined, undefined];
  times.forEach((time, i) => {
    if (i === starts[before.length]) {
      before.push(first === undefined ? undefined : last === undefined ? [first] : [first, last]);
    }
    if (!isSampled(time)) return;
    if (first === undefined) first = time;
    else last = time;
  });
  return before;
}

/** Returns how many frames there are for each sampled one, at least 1. */
export function samplingStride(times: Float64Array, { every = 1, fps }: LabelOptions): number {
  if (fps === undefined) return every;
  const isSampled = sampler({ fps });
  const sampled = times.reduce((count, time) => count + (isSampled(time) ? 1 : 0), 0);
  return sampled > 0 ? times.length / sampled : 1;
}
