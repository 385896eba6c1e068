import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { checkKnown } from '../errors/known-options.ts';
import { classification } from './classification/classification.ts';
import type { ClassOutputs } from './classification/class-outputs.ts';
import { embedding } from './embedding/embedding.ts';
import { regression } from './regression/regression.ts';
import type { Task, TaskSpec } from './task.ts';

const TASKS: Readonly<Record<string, (settings: object) => Task>> = {
  classification: (settings) => classification(settings as ClassOutputs),
  regression: (settings) => withoutSettings(settings, regression()),
  embedding: (settings) => withoutSettings(settings, embedding()),
};

function withoutSettings(settings: object, task: Task): Task {
  checkKnown(task.kind, settings, []);
  return task;
}

/**
 * Makes the task that a spec describes. Throws `OptionError` for a spec of an unknown task, or with unknown settings.
 *
 * @see {@link classification}, {@link fromSpec}
 *
 * @example
 * console.log(taskFromSpec({ kind: 'classification' }).kind); // classification
 */
export function taskFromSpec(spec: unknown): Task {
  const { kind, ...settings } = (typeof spec === 'object' && spec !== null ? spec : {}) as Partial<TaskSpec>;
  const make = typeof kind === 'string' && Object.hasOwn(TASKS, kind) ? TASKS[kind] : undefined;
  if (make) return make(settings);
  throw new OptionError(
    `a task must be { kind } with one of ${Object.keys(TASKS).join(', ')}, not ${describeValue(kind ?? spec)}`,
  );
}
