import type { LabelOptions } from '../../batch/label-options.ts';
import type { FormatOptions } from './format-options.ts';
import type { ResultOptions } from './result-options.ts';
import type { VectorOptions } from './model-to-run.ts';

/** The parsed options of a command that labels files one after another, such as `sluice classify`. */
export interface RunCommand
  extends Omit<LabelOptions, 'batch' | 'taskOptions'>, ResultOptions, FormatOptions, VectorOptions {
  /** The most pixels that a picture or a frame may have. */
  readonly maxPixels?: number;
  readonly quiet?: boolean;
  /** Whether boxes get the numbers of their objects. */
  readonly track?: boolean;
  /** The folder for the maps of regions. */
  readonly masks?: string;
}
