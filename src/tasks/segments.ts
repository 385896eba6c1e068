import type { OperatorFunction } from 'rxjs';
import { collect } from './collect.ts';
import type { StoredResult } from './frame-result.ts';
import { OpenSegment, type Segment } from './open-segment.ts';
import type { Task } from './task.ts';
import { taskOrDefault } from './task-or-default.ts';

/**
 * Joins consecutive results with the same first caption (for classification: the best class) into {@link Segment}s. It emits
 * a segment when the label changes, the source changes, or the stream ends. A frame without a caption (all its classes are
 * under `minScore`) belongs to no segment.
 *
 * @see {@link smooth}, {@link aggregate}
 *
 * @example
 * source.pipe(net, classify({ labels }), segments()).subscribe(({ label, start, end }) => draw(label, start, end));
 */
export function segments<T extends object>(task?: Task<T>): OperatorFunction<StoredResult<T>, Segment> {
  return collect('segments', (emit: (segment: Segment) => void) => new OpenSegment(taskOrDefault(task), emit));
}
