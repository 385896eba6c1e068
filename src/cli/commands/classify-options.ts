import type { LabelOptions } from '../../batch/label-options.ts';
import type { ClassificationOptions } from '../../tasks/classification/class-scores.ts';
import type { FormatOptions } from './format-options.ts';

/** The parsed options of `sluice classify`. */
export interface ClassifyCommand
  extends Omit<LabelOptions, 'batch' | 'taskOptions'>, ClassificationOptions, FormatOptions {
  readonly quiet?: boolean;
}
