import { Observable, type MonoTypeOperatorFunction, type Subscriber } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { FrameReleasedError, ShapeError, StageError } from '../../errors/errors.ts';
import { emit } from '../../frames/emit.ts';
import type { Frame } from '../../frames/frame.ts';
import { isTensor } from '../../frames/is-tensor.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { checkPixels, type Pixels } from '../../stage/pixels.ts';
import { mulberry32 } from '../../stage/random.ts';
import { describeShape } from '../../stage/shape.ts';
import { isPicture } from '../../stage/shapes-through.ts';
import { wholeSeed } from '../../stage/arguments.ts';

/** What all augmentations have. */
export interface AugmentOptions {
  /**
   * The seed of the random numbers, a whole number. Default 1: two runs of a program see the same pictures.
   *
   * Each subscription draws numbers of its own, which follow from the seed and from how many subscriptions to the operator there
   * were before. So a second epoch sees other pictures than the first one, and two subscriptions at once do not affect each
   * other. Operators of different kinds draw different numbers; two of one kind in a pipe need different seeds.
   */
  readonly seed?: number;
}

/** @internal Makes another picture of a picture, which it must not change. `random` gives uniform numbers in [0, 1). */
export type PixelsChange = (pixels: Pixels, random: () => number) => Pixels;

/**
 * @internal An operator that makes one picture of each picture, with the same label and lease. A frame that holds no picture, or
 * a damaged one, fails with a `ShapeError`; one on which `change` throws fails with a `StageError`.
 *
 * Throws `OptionError` for a seed that is not a whole number.
 */
export function mapPixels(
  operator: string,
  { seed = 1 }: AugmentOptions,
  change: PixelsChange,
): MonoTypeOperatorFunction<Frame<Pixels>> {
  const seeds = mulberry32(ownSeed(operator, seed));
  return (upstream) => {
    const changed = new Observable<Frame<Pixels>>((subscriber) => {
      const random = mulberry32(seeds() * 2 ** 32);
      subscribeWithin(upstream, subscriber, {
        next(frame) {
          const made = makeOf(frame, operator, subscriber, (pixels) => change(pixels, random));
          if (made) emit(made, subscriber);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
    return Object.assign(changed, { upstream });
  };
}

/** The seed of an operator. Its name is part of it: with one seed for all, every flipped picture would be a bright one, say. */
function ownSeed(operator: string, seed: number): number {
  let hash = wholeSeed(operator, seed) | 0;
  for (let i = 0; i < operator.length; i++) hash = (Math.imul(hash, 31) + operator.charCodeAt(i)) | 0;
  return hash;
}

/** The frame that is made of a frame; undefined if the frame failed. */
function makeOf(
  frame: Frame<Pixels>,
  operator: string,
  subscriber: Subscriber<unknown>,
  change: (pixels: Pixels) => Pixels,
): Frame<Pixels> | undefined {
  try {
    return frame.derive(change(checkPicture(frame.data)));
  } catch (cause) {
    // A released frame is a mistake in the pipe, not a failure of the frame.
    if (cause instanceof FrameReleasedError) {
      subscriber.error(cause);
      return undefined;
    }
    const error =
      cause instanceof ShapeError
        ? new ShapeError(`${operator}: ${cause.message}`, { stage: operator, frame: frame.label, cause })
        : new StageError(operator, frame.label, cause);
    if (frame.lease.fail(error) === 'stop') subscriber.error(error);
    return undefined;
  }
}

function checkPicture(data: unknown): Pixels {
  if (isPicture(data)) return checkPixels(data as unknown as Pixels);
  throw new ShapeError(
    `needs pictures (Pixels), but got ${isTensor(data) ? `a tensor ${describeShape(data.shape)}` : describeValue(data)}`,
  );
}
