import { Observable, type Subscriber } from 'rxjs';
import { ShapeError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { sameButBatch, type Shape } from '../stage/shape.ts';
import { shapeOf, shapesThrough } from '../stage/shapes-through.ts';
import type { NamedStage } from '../stage/stage.ts';
import type { RunStages } from './graph-engine.ts';

/** Adjacent stages that run in the same way: as one graph of ONNX Runtime, on tfjs, or asynchronously. */
export interface StageGroup {
  readonly parts: readonly NamedStage[];
  readonly run: RunStages;
}

/**
 * Runs the groups one after the other, each over the frames that the one before gives. Frames whose shape does not fit
 * through all of the stages fail before any group computes anything.
 */
export function runGroups(
  parts: readonly NamedStage[],
  groups: readonly StageGroup[],
  frames: Observable<Frame<unknown>>,
  subscriber: Subscriber<Frame<unknown>>,
): void {
  // What a stage gives whose output varies is known only when it is there.
  const varies = parts.findIndex(({ stage }) => stage.asynchronous?.variesInShape);
  const known = varies < 0 ? parts : parts.slice(0, varies + 1);
  const output = groups.reduce<Observable<Frame<unknown>>>(
    (before, group) => new Observable((inner) => group.run(group.parts, before, inner)),
    withShapesChecked(known, frames),
  );
  subscribeWithin(output, subscriber, subscriber);
}

function withShapesChecked(
  parts: readonly NamedStage[],
  frames: Observable<Frame<unknown>>,
): Observable<Frame<unknown>> {
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

/** A wrong shape fails its frame, and the gate decides whether the stream goes on. Any other error ends the stream. */
function fail({ label, lease }: Frame<unknown>, thrown: unknown, subscriber: Subscriber<Frame<unknown>>): void {
  if (!(thrown instanceof ShapeError)) {
    subscriber.error(thrown);
    return;
  }
  const error = new ShapeError(thrown.message, { stage: thrown.stage, frame: label, cause: thrown });
  if (lease.fail(error) === 'stop') subscriber.error(error);
}
