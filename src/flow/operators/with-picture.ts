import { Observable, type OperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import { frameKey, labelIn, type FrameLabel } from '../../errors/frame-label.ts';
import { emit } from '../../frames/emit.ts';
import { fed } from '../../frames/fed.ts';
import { Frame } from '../../frames/frame.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { checkPixels, isPixels, type Pixels } from '../../stage/pixels.ts';

/** A picture, and a result for it. */
export interface PictureResult<R> {
  /** The picture as it came from the source. */
  readonly pixels: Pixels;
  readonly result: R;
}

/** A picture whose frame is on its way. */
interface Kept {
  readonly frame: Pick<Frame<Pixels>, 'label' | 'lease' | 'trace' | 'view'>;
  readonly pixels: Pixels;
  readonly letGo: () => void;
}

/**
 * Runs an operator on pictures, such as `infer(model)`, and gives each of its results together with the picture, to draw on it or to cut
 * parts out of it: Frame of Pixels `[1, h, w, 3 | 4]` → Frame of {@link PictureResult}. As any frame, what it emits lives until `next()`
 * has returned.
 *
 * Leave out `resize` of the source: the picture is then as large as in the video, and the model resizes it itself. Each frame keeps its
 * lease until the operator has let go of it and what follows has, so that pictures do not pile up. A frame that fails, or whose results
 * are filtered out, has none.
 *
 * The operator must give results with the label of their frame (`source`, `seq`) while their frame is alive: move `delay`, and `branch`
 * or `aggregate`, behind it. Throws `OptionError` for what is no operator. The stream fails with an `OptionError` for a result without a label, or one that comes too late.
 *
 * @see {@link crops}, {@link infer}, {@link branch}
 *
 * @example
 * const model = await mobilenetV1();
 * images(['photo.jpg']).pipe(withPicture(infer(model, { top: 1 }))).subscribe(({ data: { pixels, result } }) => {
 *   console.log(pixels.width, pixels.height, result.classes[0]?.label); // 535 426 fox squirrel
 * });
 */
export function withPicture<R extends FrameLabel>(
  through: OperatorFunction<Frame<Pixels>, R>,
): OperatorFunction<Frame<Pixels>, Frame<PictureResult<R>>> {
  if (typeof through !== 'function') {
    throw new OptionError(`withPicture takes an operator, such as infer(model), not ${describeValue(through)}`);
  }
  return (upstream) => {
    const results = new Observable<Frame<PictureResult<R>>>((subscriber) => {
      const onTheWay = new Map<string, Kept>();
      subscriber.add(() => {
        for (const { letGo } of [...onTheWay.values()]) letGo();
      });
      const { frames, feed } = fed<Frame<Pixels>>(upstream, () => begin());
      const error = (thrown: unknown) => subscriber.error(thrown);
      const begin = () =>
        subscribeWithin(upstream, subscriber, {
          next(frame) {
            try {
              const { label, lease, trace, view, data } = frame;
              const key = frameKey(label);
              const end = lease.watch(() => letGo());
              const letGo = () => {
                onTheWay.delete(key);
                end();
              };
              onTheWay.set(key, { frame: { label, lease, trace, view }, pixels: plain(data), letGo });
            } catch (thrown) {
              error(thrown);
              return;
            }
            feed.next(frame);
          },
          error: (thrown: unknown) => feed.error(thrown),
          complete: () => feed.complete(),
        });
      subscribeWithin(frames.pipe(through), subscriber, {
        next(result) {
          const kept = onTheWay.get(frameKey(labelIn(result)));
          if (!kept) {
            error(lostPicture(result));
            return;
          }
          const { frame, pixels } = kept;
          const { label, lease, trace, view } = frame;
          emit(Frame.of({ pixels, result }, label, lease, trace, view), subscriber);
        },
        error,
        complete: () => subscriber.complete(),
      });
    });
    return Object.assign(results, { upstream });
  };
}

/** The picture without what frees it: a camera's picture is read from the device only while its frame is alive. */
function plain(picture: unknown): Pixels {
  if (!isPixels(picture)) throw new ShapeError(`withPicture needs pictures, but got ${describeValue(picture)}`);
  const { width, height, channels, data, resized, view } = checkPixels(picture);
  return {
    ...{ width, height, channels, data },
    ...(resized === undefined ? {} : { resized }),
    ...(view === undefined ? {} : { view }),
  };
}

function lostPicture(result: unknown): OptionError {
  const { source, seq, timestamp } = (
    typeof result === 'object' && result !== null ? result : {}
  ) as Partial<FrameLabel>;
  if (typeof source !== 'string' || seq === undefined || timestamp === undefined) {
    return new OptionError(
      `withPicture: its operator must give results with the label of their frame (source, seq, timestamp), not ${describeValue(result)}`,
    );
  }
  return new OptionError(
    'withPicture: a result came after its frame was released: move operators that wait, such as delay, and branch behind withPicture',
    { frame: { source, seq, timestamp } },
  );
}
