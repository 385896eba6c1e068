import type { OptionNames } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { classification } from '../../tasks/classification/classification.ts';
import type { Task } from '../../tasks/task.ts';

/** Options of every writer. */
export interface WriterOptions<T extends object = Classification> {
  /** The task whose results are written: `model.task`. Default: `classification()`. */
  readonly task?: Task<T>;
}

/** The task in a writer's options, or the default task. */
export function taskOf<T extends object>({ task }: WriterOptions<T>): Task<T> {
  // Without a task T is the default, Classification.
  return task ?? (classification() as unknown as Task<T>);
}

/** The names of {@link WriterOptions}. */
export const WRITER_OPTION_NAMES: OptionNames<WriterOptions> = { task: true };
