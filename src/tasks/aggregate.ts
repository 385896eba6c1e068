import type { OperatorFunction } from 'rxjs';
import { checkKnown } from '../errors/known-options.ts';
import type { Classification, ClassificationOptions } from './classification/class-scores.ts';
import { collect } from './collect.ts';
import type { Aggregate, StoredResult } from './frame-result.ts';
import { OpenSpan, type Span } from './open-span.ts';
import type { Task } from './task.ts';
import { taskOrDefault } from './task-or-default.ts';

/** Options of {@link aggregate}: `task`, and the options of that task. */
export type AggregateOptions<O extends object = ClassificationOptions> = O & {
  /** The task. Default: `classification()`. */
  readonly task?: Task<object, O>;
};

/**
 * Aggregates consecutive results of a source into one result per second, scene, label or file. An aggregate has the `seq` and
 * `timestamp` of its first frame, its `end` (µs), the number of its `frames`, and the task's fields (for classification:
 * the mean score of each class).
 *
 * A class that a frame does not list counts as score 0, or as the lowest listed score if that is negative, so let the model list enough classes (`top`). Second n holds the
 * frames with n ≤ t < n + 1; a second without frames has no result. `end` is the time of the source's next frame. At the
 * end of a source it is the last frame's time plus the last interval between frames; for a source with a single frame it
 * is that frame's time. A scene is a shot: results need the
 * `scene` that `sample: 'scenes'` gives. A label is a run of results with the same best class. Throws `OptionError`.
 *
 * @see {@link infer}, {@link segments}, {@link smooth}
 *
 * @example
 * source.pipe(net, classify({ labels }), aggregate('second')).subscribe(({ classes }) => draw(classes[0]));
 */
export function aggregate(
  span: Span,
  options?: AggregateOptions,
): OperatorFunction<StoredResult<Classification>, Aggregate<Classification>>;
export function aggregate<T extends object, O extends object>(
  span: Span,
  options: NoInfer<O> & { readonly task: Task<T, O> },
): OperatorFunction<StoredResult<T>, Aggregate<T>>;
export function aggregate<T extends object>(
  span: Span,
  given: object = {},
): OperatorFunction<StoredResult<T>, Aggregate<T>> {
  const task = taskOrDefault((given as { readonly task?: Task<T> } | null)?.task);
  checkKnown('aggregate', given, ['task', ...task.optionNames]);
  const { task: _task, ...options } = given as { readonly task?: Task<T> };
  // Makes wrong options an error here, not at the first subscription.
  void new OpenSpan(span, task, options, () => undefined);
  return collect('aggregate', (emit: (result: Aggregate<T>) => void) => new OpenSpan(span, task, options, emit));
}
