import { OptionError, ShapeError } from '../../errors/errors.ts';
import { outputShapesThrough } from '../../stage/shapes-through.ts';
import type { ClassOutputs } from '../../tasks/classification/class-outputs.ts';
import { checkShapes } from '../../tasks/read-outputs.ts';
import { taskFromSpec } from '../../tasks/task-from-spec.ts';
import type { Task, TaskSpec } from '../../tasks/task.ts';
import type { Model } from '../model.ts';
import type { FoundModel } from './found-model.ts';
import type { ReadOptions } from './model-reader.ts';

/**
 * The options with the task that they or the model's files name. A task that `outputKind` can name becomes that. Throws `OptionError` for
 * a task beside an `outputKind`, and where the caller expects classes of a model of another task.
 */
export function taskAsKind({ file, stated }: FoundModel, options: ReadOptions): ReadOptions {
  const { task, outputKind, fromLogits, classesOnly = false, ...others } = options;
  const isKind = outputKind !== undefined || fromLogits !== undefined;
  const known = stated?.taskSpec;
  if (!task && (!known || isKind)) return options;
  if (!task && classesOnly) {
    throw new OptionError(`${file} gives no classes, its task is ${known?.kind}: give task: ${known?.kind}()`);
  }
  if (isKind) throw new OptionError(`${file}: task says what the outputs mean: leave out outputKind and fromLogits`);
  // A task without settings asks for those that the files state.
  const spec = task && (known?.kind !== task.kind || hasSettings(task.spec)) ? task.spec : known;
  const kind = spec && kindOf(spec);
  if (kind) return { ...others, ...kind };
  return { ...others, task: task && spec === task.spec ? task : taskFromSpec(spec) };
}

/** The network with the task of the options. Throws `OptionError` for outputs or labels that do not fit. */
export function withTask(
  { file, net, stated }: FoundModel,
  task: Task,
  options: ReadOptions,
): Pick<Model<object, object>, 'pipeline' | 'task' | 'labels'> {
  const { inputShape = [] } = net;
  const labels = options.labels ?? stated?.labels ?? [];
  try {
    checkShapes(task.reader(labels), outputShapesThrough(net.parts, inputShape), net.outputShape(inputShape));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new OptionError(`${file}: ${task.kind} ${error.message}`, { cause: error });
  }
  return { pipeline: net, task, labels };
}

/** Whether a spec says more than which task it is. */
export function hasSettings({ kind: _kind, ...settings }: TaskSpec): boolean {
  return Object.values(settings).some((value) => value !== undefined);
}

/** The options that stand for a task. Undefined for a task that has none. */
function kindOf({ kind, ...settings }: TaskSpec): Pick<ReadOptions, 'outputKind' | 'fromLogits'> | undefined {
  if (kind === 'regression') return { outputKind: 'value' };
  if (kind === 'embedding' && Object.keys(settings).length === 0) return { outputKind: 'vector' };
  if (kind !== 'classification') return undefined;
  const { outputKind = 'scores', fromLogits } = settings as ClassOutputs;
  return { outputKind, ...(fromLogits === undefined ? {} : { fromLogits }) };
}
