import { classification } from './classification/classification.ts';
import type { Task } from './task.ts';

/** The task that was given, or classification, the default of every function that takes a task. */
export function taskOrDefault<T extends object>(task: Task<T> | undefined): Task<T> {
  // Where no task is given, the callers' types set T to Classification.
  return task ?? (classification() as unknown as Task<T>);
}
