import type { OptionNames } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import type { Task } from '../../tasks/task.ts';

/** Options of every writer. */
export interface WriterOptions<T extends object = Classification> {
  /** The task whose results are written: `model.task`. Default: `classification()`. */
  readonly task?: Task<T>;
}

/** The names of {@link WriterOptions}. */
export const WRITER_OPTION_NAMES: OptionNames<WriterOptions> = { task: true };
