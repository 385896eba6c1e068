import type { OperatorFunction } from 'rxjs';
import { collect } from './collect.ts';
import { OpenSpan, type Aggregate, type AggregateOptions, type Span } from './open-span.ts';
import type { Result } from './result.ts';

/**
 * Puts consecutive results of a source together: one result per second, scene or file, with each class's mean score over
 * all its frames, `seq` and `timestamp` of its first frame, `end` (µs), and how many `frames` they were.
 *
 * A class that a frame does not list counts as 0 there, so let `classify` list enough (`top`). Second n is of the frames
 * with n ≤ t < n + 1; a second without frames has no result. `end` is the time of the source's next frame; of its last one
 * frame on, as long as the one before (a source's only frame ends when it begins). Of equal means the lower index comes first.
 * Throws `OptionError`.
 *
 * @see {@link classify}, {@link segments}, {@link smooth}
 *
 * @example
 * source.pipe(net, classify({ labels }), aggregate('second')).subscribe(({ classes }) => draw(classes[0]));
 */
export function aggregate(span: Span, options: AggregateOptions = {}): OperatorFunction<Result, Aggregate> {
  // For its checks: what is wrong is said at once.
  void new OpenSpan(span, options, () => undefined);
  return collect((emit: (result: Aggregate) => void) => new OpenSpan(span, options, emit));
}
