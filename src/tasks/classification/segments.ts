import type { OperatorFunction } from 'rxjs';
import { collect } from './collect.ts';
import { OpenSegment, type Segment } from './open-segment.ts';
import type { Result } from './result.ts';

/**
 * Joins consecutive frames of the same best class: one {@link Segment} when the class changes, the source changes, or
 * the stream ends. Frames without a class (all under `minScore`) end a segment and begin none.
 *
 * @see {@link smooth}, {@link aggregate}
 *
 * @example
 * source.pipe(net, classify({ labels }), segments()).subscribe(({ label, start, end }) => draw(label, start, end));
 */
export function segments(): OperatorFunction<Result, Segment> {
  return collect((emit: (segment: Segment) => void) => new OpenSegment(emit));
}
