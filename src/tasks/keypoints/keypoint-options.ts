import { checkKnown } from '../../errors/known-options.ts';
import { count, numberUpTo } from '../../stage/arguments.ts';

/** Options that choose the poses of a result and their points. */
export interface KeypointOptions {
  /** Poses under this score are left out. From 0 to 1. Default 0.25. */
  readonly minScore?: number;
  /** Points under this score are left out of their pose. From 0 to 1; 0 keeps all. Default 0.3. */
  readonly minPointScore?: number;
  /** The most poses of a result; the best are kept. Default 100. */
  readonly maxPoses?: number;
  /**
   * Of two poses whose boxes have a higher intersection over union, the better one is kept (non-maximum suppression). From 0 to 1; 1 keeps
   * all. Default 0.5. A head that has done this itself is left as it is unless this is given; poses without boxes always are.
   */
  readonly iou?: number;
}

/** The names of {@link KeypointOptions}. */
export const KEYPOINT_OPTIONS = ['minScore', 'minPointScore', 'maxPoses', 'iou'] as const;

/** Options with their defaults. */
export interface ChosenPoses {
  readonly minScore: number;
  readonly minPointScore: number;
  readonly maxPoses: number;
  readonly iou: number | undefined;
}

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedOptions(who: string, options: KeypointOptions): ChosenPoses {
  checkKnown(who, options, KEYPOINT_OPTIONS);
  const { minScore = 0.25, minPointScore = 0.3, maxPoses = 100, iou } = options;
  count(who, 'maxPoses', maxPoses);
  numberUpTo(who, 'minScore', minScore, 1);
  numberUpTo(who, 'minPointScore', minPointScore, 1);
  if (iou !== undefined) numberUpTo(who, 'iou', iou, 1);
  return { minScore, minPointScore, maxPoses, iou };
}
