import { Observable, type OperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { FrameReleasedError, OptionError, StageError } from '../../errors/errors.ts';
import type { FrameLabel, Target, WeightedTarget } from '../../errors/frame-label.ts';
import { emit } from '../../frames/emit.ts';
import type { Frame } from '../../frames/frame.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';

/**
 * Notes on each frame what it is known to show, its `target`: the number of its class, counted from 0, or one number for each output of a
 * model. Training and measuring compare the outputs of a model with it. Each frame keeps its data and its lease.
 *
 * `targetOf` gets the frame's label and data; for `undefined` the frame stays as it is. With `{ target, weight }` the frame counts `weight`
 * times in a loss. A frame for which it throws, or gives something
 * else, fails with a `StageError`. Throws `OptionError` for what is not a function.
 *
 * @see {@link crossEntropy}, {@link fit}
 *
 * @example
 * const classes = ['cat', 'dog'];
 * const examples = images(['photo.jpg']).pipe(labelled(({ source }) => classes.indexOf(source.includes('cat') ? 'cat' : 'dog')));
 * examples.subscribe(({ label }) => console.log(label.target)); // 1
 */
export function labelled<T>(
  targetOf: (label: FrameLabel, data: T) => Target | WeightedTarget | undefined,
): OperatorFunction<Frame<T>, Frame<T>> {
  if (typeof targetOf !== 'function') {
    throw new OptionError(
      `labelled takes a function from a frame's label to its target, not ${describeValue(targetOf)}`,
    );
  }
  return (upstream) => {
    const frames = new Observable<Frame<T>>((subscriber) =>
      subscribeWithin(upstream, subscriber, {
        next(frame) {
          let label: FrameLabel;
          try {
            label = labelWith(frame.label, targetOf(frame.label, frame.data));
          } catch (cause) {
            const error = cause instanceof FrameReleasedError ? cause : new StageError('labelled', frame.label, cause);
            if (error === cause || frame.lease.fail(error) === 'stop') subscriber.error(error);
            return;
          }
          emit(frame.relabelled(label), subscriber);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
    return Object.assign(frames, { upstream });
  };
}

function labelWith(label: FrameLabel, given: unknown): FrameLabel {
  if (given === undefined) return label;
  const isWeighted = typeof given === 'object' && given !== null && 'target' in given && 'weight' in given;
  const { target, weight } = isWeighted ? given : { target: given, weight: undefined };
  const isTarget =
    Number.isFinite(target) ||
    (Array.isArray(target) && target.length > 0 && Array.from(target).every((value) => Number.isFinite(value)));
  if (isTarget && !isWeighted) return { ...label, target: target as Target };
  if (isTarget && Number.isFinite(weight)) return { ...label, target: target as Target, weight: weight as number };
  if (isTarget) throw new TypeError(`a weight must be a finite number, not ${describeValue(weight)}`);
  throw new TypeError(`a target must be a number or a list of numbers, not ${describeValue(target)}`);
}
