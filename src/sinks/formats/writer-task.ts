import type { Classification } from '../../tasks/classification/class-scores.ts';
import { classification } from '../../tasks/classification/classification.ts';
import type { Task } from '../../tasks/task.ts';

/** What every writer needs to know. */
export interface WriterOptions<T extends object = Classification> {
  /** The task whose results are written: `model.task`. Default: `classification()`. */
  readonly task?: Task<T>;
}

/** The task of the results that are written. */
export function taskOf<T extends object>({ task }: WriterOptions<T>): Task<T> {
  // Without a task T is the default, Classification.
  return task ?? (classification() as unknown as Task<T>);
}
