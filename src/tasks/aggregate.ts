import type { OperatorFunction } from 'rxjs';
import { checkKnown } from '../errors/known-options.ts';
import type { Classification, ClassificationOptions } from './classification/class-scores.ts';
import { classification } from './classification/classification.ts';
import { collect } from './collect.ts';
import type { Aggregate, StoredResult } from './frame-result.ts';
import { OpenSpan, type Span } from './open-span.ts';
import type { Task } from './task.ts';

/** Options of {@link aggregate}: those of the task whose results come. */
export type AggregateOptions<O extends object = ClassificationOptions> = O & {
  /** The task. Default: `classification()`. */
  readonly task?: Task<object, O>;
};

/**
 * Aggregates consecutive results of a source: one result per second, scene or file, with `seq` and `timestamp` of its first
 * frame, `end` (µs), how many `frames` it is of, and what the task makes of them (classification: each class's mean score).
 *
 * A class that a frame does not list counts as 0 there, so let the model list enough of them (`top`). Second n holds the
 * frames with n ≤ t < n + 1; a second without frames has no result. `end` is the time of the source's next frame; of its
 * last frame it is one frame later, as long as the frame before (a source with one frame: its own time). Throws
 * `OptionError`.
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
  // Without a task T is the default, Classification.
  const { task = classification() as unknown as Task<T>, ...options } = given as { readonly task?: Task<T> };
  checkKnown('aggregate', options, ['task', ...task.optionNames]);
  // What is wrong is an error here, not with the first subscription.
  void new OpenSpan(span, task, options, () => undefined);
  return collect((emit: (result: Aggregate<T>) => void) => new OpenSpan(span, task, options, emit));
}
