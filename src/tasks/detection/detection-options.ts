import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { checkKnown } from '../../errors/known-options.ts';
import { count, numberUpTo } from '../../stage/arguments.ts';
import { checkWanted, wantedLabels } from '../wanted-labels.ts';

/** Options that choose the boxes of a result. */
export interface DetectionOptions {
  /** Boxes under this score are left out. From 0 to 1. Default 0.5. */
  readonly minScore?: number;
  /** The most boxes of a result; the best are kept. Default 100. */
  readonly maxDetections?: number;
  /**
   * Of two boxes whose intersection over union is higher, the better one is kept (non-maximum suppression). From 0 to 1; 1 keeps all.
   * Default 0.5. What a model has done itself (`suppressed`) is left as it is unless this is given.
   */
  readonly iou?: number;
  /** Whether boxes of different classes are compared as well, so that one object has one label. Default false. */
  readonly acrossClasses?: boolean;
  /** The labels to look for. Default: all of the model. */
  readonly only?: readonly string[];
  /** Labels to leave out. */
  readonly except?: readonly string[];
}

/** The names of {@link DetectionOptions}. */
export const DETECTION_OPTIONS = ['minScore', 'maxDetections', 'iou', 'acrossClasses', 'only', 'except'] as const;

/** Options with their defaults. */
export interface ChosenBoxes {
  readonly minScore: number;
  readonly maxDetections: number;
  readonly iou: number | undefined;
  readonly acrossClasses: boolean;
  /** Whether a label may be in the result. */
  readonly isWanted: (label: string) => boolean;
}

const DEFAULTS = { minScore: 0.5, maxDetections: 100 };

/** Returns the options with their defaults. Throws `OptionError`; also for a label that is not one of `labels`, where these are known. */
export function checkedOptions(
  who: string,
  options: DetectionOptions,
  labels: readonly string[] | undefined,
): ChosenBoxes {
  checkKnown(who, options, DETECTION_OPTIONS);
  const { minScore = DEFAULTS.minScore, maxDetections = DEFAULTS.maxDetections, iou, acrossClasses = false } = options;
  const { only, except } = options;
  count(who, 'maxDetections', maxDetections);
  numberUpTo(who, 'minScore', minScore, 1);
  if (iou !== undefined) numberUpTo(who, 'iou', iou, 1);
  if (typeof acrossClasses !== 'boolean') {
    throw new OptionError(`${who}: acrossClasses must be true or false, not ${describeValue(acrossClasses)}`);
  }
  checkWanted(who, { only, except }, labels);
  return {
    minScore,
    maxDetections,
    iou,
    acrossClasses,
    isWanted: wantedLabels({ only, except }),
  };
}
