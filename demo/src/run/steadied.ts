import { identity, type MonoTypeOperatorFunction } from 'rxjs';
import { smooth, type FrameResult, type Task } from 'sluice';

/** Averages the scores of a classifier over time, so that people can read them. Results of other tasks stay as they are. */
export function steadied(task: Task): MonoTypeOperatorFunction<FrameResult<object>> {
  if (task.kind !== 'classification') return identity;
  // The kind says that these are results of classification.
  return smooth({ halfLife: 400 }) as unknown as MonoTypeOperatorFunction<FrameResult<object>>;
}
