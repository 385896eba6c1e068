import { Observable, type Subscriber } from 'rxjs';
import { ShapeError } from '../../errors/errors.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import type { Frame } from '../../frames/frame.ts';
import { sameButBatch, type Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import type { Runner } from '../graph-engine.ts';
import { shapeOf, shapesThrough } from '../../stage/shapes-through.ts';

/** Stages in a row that run in one place, and how. */
export interface Segment {
  readonly parts: readonly NamedStage[];
  readonly run: Runner;
}

/** Each segment is a run by itself, over what the one before gives, once the shapes are known to fit through all. */
export function inSegments(
  parts: readonly NamedStage[],
  segments: readonly Segment[],
  frames: Observable<Frame<unknown>>,
  subscriber: Subscriber<Frame<unknown>>,
): void {
  const through = segments.reduce<Observable<Frame<unknown>>>(
    (before, segment) => new Observable((inner) => segment.run(segment.parts, before, inner)),
    checked(parts, frames),
  );
  subscribeWithin(through, subscriber, subscriber);
}

function checked(parts: readonly NamedStage[], frames: Observable<Frame<unknown>>): Observable<Frame<unknown>> {
  return new Observable((subscriber) => {
    let known: Shape | undefined;
    subscribeWithin(frames, subscriber, {
      next(frame) {
        try {
          const shape = shapeOf(frame.data, parts[0]?.name ?? '');
          if (!known || !sameButBatch(shape, known)) shapesThrough(parts, shape);
          known = shape;
        } catch (thrown) {
          fail(frame, thrown, subscriber);
          return;
        }
        subscriber.next(frame);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
}

/** A frame of a wrong shape is the gate's to judge; a pipe that is misused ends at once. */
function fail({ label, lease }: Frame<unknown>, thrown: unknown, subscriber: Subscriber<Frame<unknown>>): void {
  if (!(thrown instanceof ShapeError)) {
    subscriber.error(thrown);
    return;
  }
  const error = new ShapeError(thrown.message, { stage: thrown.stage, frame: label, cause: thrown });
  if (lease.fail(error) === 'stop') subscriber.error(error);
}
