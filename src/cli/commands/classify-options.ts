import type { LabelOptions } from '../../batch/label-options.ts';
import type { ClassificationOptions } from '../../tasks/classification/class-scores.ts';
import type { FormatOptions } from './format-options.ts';

/** The parsed options of `sluice classify`. */
export interface ClassifyCommand
  extends Omit<LabelOptions, 'batch' | 'taskOptions'>, ClassificationOptions, FormatOptions {
  /** The most pixels that a picture or a frame may have. */
  readonly maxPixels?: number;
  readonly quiet?: boolean;
}
