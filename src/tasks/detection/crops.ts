import { Observable, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, SluiceError, StageError } from '../../errors/errors.ts';
import { labelIn, type FrameLabel } from '../../errors/frame-label.ts';
import type { PictureResult } from '../../flow/operators/with-picture.ts';
import { emit } from '../../frames/emit.ts';
import { fed } from '../../frames/fed.ts';
import { Frame } from '../../frames/frame.ts';
import { inPicture } from '../../frames/picture-view.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import { cutPixels } from '../../stage/cut-pixels.ts';
import { viewOf, type Pixels } from '../../stage/pixels.ts';
import type { DetectedBox, Detection } from './detected-box.ts';

/** Options of {@link crops}. */
export interface CropsOptions {
  /** How much is added to a box on each side, as a share of its width and height. From 0 to 10. Default 0. */
  readonly margin?: number;
}

const NAMES: OptionNames<CropsOptions> = { margin: true };

/** A box, and what was found in it. */
export type CroppedBox<B extends DetectedBox, R> = B & {
  /** The result for the part of the picture in the box; undefined where the operator gave none. */
  readonly crop: R | undefined;
};

/** A detection with what was found in its boxes. */
export type CroppedDetection<D extends Detection, R> = Omit<D, 'boxes'> & {
  readonly boxes: readonly CroppedBox<D['boxes'][number], R>[];
};

/** A frame whose boxes are on their way. */
interface Group<D, R> {
  readonly result: D;
  readonly found: (R | undefined)[];
  readonly frame: Pick<Frame<unknown>, 'label' | 'lease'>;
  isOver: boolean;
  letGo: () => void;
}

/**
 * Cuts the boxes of a detection out of its picture, runs an operator on these pictures, such as `infer` of a classifier, and gives the
 * detection with the result of each box in it, as `crop`: Frame of {@link PictureResult} → {@link CroppedDetection}. A stream of
 * `withPicture` is what it takes.
 *
 * The frames of the boxes share the lease of their source frame, and have its label with `crop`, the number of the box. Results keep the
 * order of the frames. If a stage fails on a box, its whole frame fails. An operator may leave out boxes (`filter`); what it gives must keep the label. `maxDetections` of
 * the detector bounds how many pictures there are.
 *
 * Throws `OptionError`. The stream fails with one for results without a label.
 *
 * @see {@link withPicture}, {@link detection}
 *
 * @example
 * const classifier = await mobilenetV1();
 * const boxes = [{ x: 20, y: 10, width: 400, height: 380, score: 0.9, label: 'animal', index: 0 }];
 * const found = rxjs.map(({ label, data: { width, height } }) => ({ ...label, boxes, picture: { width, height } }));
 * images(['photo.jpg'])
 *   .pipe(withPicture(found), crops(infer(classifier, { top: 1 }), { margin: 0.1 }))
 *   .subscribe(({ boxes: [box] }) => console.log(box?.label, box?.crop?.classes[0]?.label)); // animal fox squirrel
 */
export function crops<D extends FrameLabel & Detection, R extends FrameLabel>(
  through: OperatorFunction<Frame<Pixels>, R>,
  options: CropsOptions = {},
): OperatorFunction<Frame<PictureResult<D>>, CroppedDetection<D, R>> {
  if (typeof through !== 'function') {
    throw new OptionError(`crops takes an operator, such as infer(model), not ${describeValue(through)}`);
  }
  checkOptions('crops', options, NAMES);
  const margin = numberUpTo('crops', 'margin', options.margin ?? 0, 10);
  return (upstream) => {
    const results = new Observable<CroppedDetection<D, R>>((subscriber) => {
      const groups: Group<D, R>[] = [];
      subscriber.add(() => {
        for (const { letGo } of groups.splice(0)) letGo();
      });
      const { frames: pictures, feed } = fed<Frame<Pixels>>(upstream, () => begin());
      const error = (thrown: unknown) => subscriber.error(thrown);
      const giveFinished = (): void => {
        for (let [first] = groups; first?.isOver && !subscriber.closed; [first] = groups) {
          groups.shift();
          const { result, found, frame, letGo } = first;
          // A frame that failed has no result, as everywhere.
          if (!frame.lease.hasFailed) subscriber.next(joined(result, found));
          letGo();
        }
      };
      const begin = () =>
        subscribeWithin(upstream, subscriber, {
          next(frame) {
            const { result, pixels } = frame.data;
            const { label, lease, trace } = frame;
            const found = result.boxes.map(() => undefined);
            const group: Group<D, R> = {
              result,
              found,
              frame: { label, lease },
              isOver: false,
              letGo: () => undefined,
            };
            group.letGo = lease.watch(() => {
              group.isOver = true;
              giveFinished();
            });
            groups.push(group);
            try {
              for (const [crop, box] of result.boxes.entries()) {
                const picture = cutOut(pixels, box, margin);
                if (subscriber.closed) return;
                if (!picture) continue;
                emit(Frame.of(picture, { ...label, crop }, lease, trace, picture.view), feed);
              }
            } catch (cause) {
              const failure = cause instanceof SluiceError ? cause : new StageError('crops', label, cause);
              if (lease.fail(failure) === 'stop') error(failure);
            }
          },
          error: (thrown: unknown) => feed.error(thrown),
          complete: () => feed.complete(),
        });
      subscribeWithin(pictures.pipe(through), subscriber, {
        next(result) {
          const { source, seq, crop } = labelIn(result);
          const group = groups.find(({ frame: { label } }) => label.source === source && label.seq === seq);
          if (group && crop !== undefined && crop in group.found) group.found[crop] = result;
          else error(lostBox(result));
        },
        error,
        complete() {
          for (const group of groups) group.isOver = true;
          giveFinished();
          subscriber.complete();
        },
      });
    });
    return Object.assign(results, { upstream });
  };
}

/** The part of a picture in a box; undefined where the picture does not show it. */
function cutOut(pixels: Pixels, { x, y, width, height }: DetectedBox, margin: number): Pixels | undefined {
  const view = viewOf(pixels);
  if (!view) throw new RangeError('it is not known which part of the source picture the picture shows');
  const [across, down] = [width * margin, height * margin];
  const wanted = { x: x - across, y: y - down, width: width + 2 * across, height: height + 2 * down };
  return cutPixels(pixels, inPicture(view, wanted));
}

function joined<D extends Detection, R>(result: D, found: readonly (R | undefined)[]): CroppedDetection<D, R> {
  return { ...result, boxes: result.boxes.map((box, i) => ({ ...box, crop: found[i] })) };
}

function lostBox(result: unknown): OptionError {
  return new OptionError(
    `crops: its operator must give results with the label of their frame (source, seq, crop) while the frame is alive, not ${describeValue(result)}`,
  );
}
