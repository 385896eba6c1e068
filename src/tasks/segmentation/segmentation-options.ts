import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { checkKnown } from '../../errors/known-options.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import { checkWanted, wantedLabels } from '../wanted-labels.ts';

/** Options that choose the regions of a result, and the size of its map. */
export interface SegmentationOptions {
  /**
   * The size of the map: that of the `source` picture (default), or that of the `network`'s input, which is smaller in memory and in
   * files. Areas are in pixels of the source picture either way.
   */
  readonly size?: 'source' | 'network';
  /** The labels to look for. Default: all of the model. */
  readonly only?: readonly string[];
  /** Labels to leave out. */
  readonly except?: readonly string[];
  /** Regions with a smaller share of the source picture are left out. From 0 to 1. Default 0. */
  readonly minShare?: number;
  /** Of a mask: pixels of this probability or more are in the region. Over 0 and at most 1. Default 0.5. */
  readonly threshold?: number;
}

/** The names of {@link SegmentationOptions}. */
export const SEGMENTATION_OPTIONS = ['size', 'only', 'except', 'minShare', 'threshold'] as const;

/** Options with their defaults. */
export interface ChosenRegions {
  readonly size: 'source' | 'network';
  readonly minShare: number;
  readonly threshold: number;
  /** Whether a label may be in the result. */
  readonly isWanted: (label: string) => boolean;
}

/** Returns the options with their defaults. Throws `OptionError`; also for a label that is not one of `labels`, where these are known. */
export function checkedOptions(
  who: string,
  options: SegmentationOptions,
  labels: readonly string[] | undefined,
): ChosenRegions {
  checkKnown(who, options, SEGMENTATION_OPTIONS);
  const { size = 'source', only, except, minShare = 0, threshold = 0.5 } = options;
  if (size !== 'source' && size !== 'network') {
    throw new OptionError(`${who}: size must be source or network, not ${describeValue(size)}`);
  }
  numberUpTo(who, 'minShare', minShare, 1);
  if (!(typeof threshold === 'number' && threshold > 0 && threshold <= 1)) {
    throw new OptionError(`${who}: threshold must be a number over 0 and at most 1, not ${describeValue(threshold)}`);
  }
  checkWanted(who, { only, except }, labels);
  return { size, minShare, threshold, isWanted: wantedLabels({ only, except }) };
}
