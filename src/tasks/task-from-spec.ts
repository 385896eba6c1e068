import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { classification } from './classification/classification.ts';
import type { Task } from './task.ts';

const TASKS: Readonly<Record<string, () => Task>> = { classification };

/**
 * Makes the task that a spec describes. Throws `OptionError` for a spec of an unknown task.
 *
 * @see {@link classification}, {@link fromSpec}
 *
 * @example
 * console.log(taskFromSpec({ kind: 'classification' }).kind); // classification
 */
export function taskFromSpec(spec: unknown): Task {
  const kind = typeof spec === 'object' && spec !== null && 'kind' in spec ? spec.kind : undefined;
  const make = typeof kind === 'string' && Object.hasOwn(TASKS, kind) ? TASKS[kind] : undefined;
  if (make) return make();
  throw new OptionError(
    `a task must be { kind } with one of ${Object.keys(TASKS).join(', ')}, not ${describeValue(kind ?? spec)}`,
  );
}
