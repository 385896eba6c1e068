import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { checkKnown } from '../errors/known-options.ts';
import { act } from './action/act.ts';
import { classification } from './classification/classification.ts';
import { detection } from './detection/detection.ts';
import { embedding } from './embedding/embedding.ts';
import { keypoints } from './keypoints/keypoints.ts';
import { outputs, type NamedOutput } from './outputs/outputs.ts';
import type { PictureOutputs } from './picture/picture-outputs.ts';
import { picture } from './picture/picture.ts';
import { regression } from './regression/regression.ts';
import { segmentation } from './segmentation/segmentation.ts';
import type { Task, TaskSpec } from './task.ts';

const TASKS: Readonly<Record<string, (settings: object) => Task>> = {
  classification: (settings) => classification(settings),
  regression: (settings) => withoutSettings(settings, regression()),
  embedding: (settings) => embedding(settings),
  act: (settings) => act(settings),
  detection: (settings) => detection(settings),
  segmentation: (settings) => segmentation(settings),
  keypoints: (settings) => keypoints(settings),
  picture: (settings) => picture(settings as PictureOutputs),
  outputs: (settings) => outputs(namedOutputs(settings)),
};

function namedOutputs({ outputs: named }: { readonly outputs?: unknown }): Record<string, NamedOutput> {
  if (typeof named !== 'object' || named === null) {
    throw new OptionError(`the task outputs must have outputs, { name: { task } }, not ${describeValue(named)}`);
  }
  return Object.fromEntries(
    Object.entries(named as Record<string, Partial<Record<'task' | 'labels', unknown>> | null>).map(([name, one]) => {
      // A task of outputs in another one would be read without end.
      const { task, labels } = one ?? {};
      const made = taskFromSpec(task);
      const isList = Array.isArray(labels) && labels.every((label) => typeof label === 'string');
      if (made.kind === 'outputs' || (labels !== undefined && !isList)) {
        throw new OptionError(`the task of the output ${name} must be of one output, with a list of labels or none`);
      }
      return [name, { task: made, ...(isList ? { labels } : {}) }];
    }),
  );
}

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
