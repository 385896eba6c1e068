import { OptionError, ShapeError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import type { Task } from '../../tasks/task.ts';

/** Throws `OptionError` for an output that does not fit what it is said to be. */
export function checkShape(file: string, task: Task, shape: Shape): void {
  try {
    task.reader(undefined).checkShape(shape);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new OptionError(`${file}: ${task.kind} ${error.message}: give another outputKind`, { cause: error });
  }
}
