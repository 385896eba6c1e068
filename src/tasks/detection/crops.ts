import { Observable, type Observer, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, SluiceError, StageError } from '../../errors/errors.ts';
import { frameKey, labelIn, type FrameLabel } from '../../errors/frame-label.ts';
import type { PictureResult } from '../../flow/operators/with-picture.ts';
import { emit } from '../../frames/emit.ts';
import { fed } from '../../frames/fed.ts';
import { Frame } from '../../frames/frame.ts';
import { Lease } from '../../frames/lease.ts';
import { inPicture } from '../../frames/picture-view.ts';
import { releaseAll } from '../../frames/release-all.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import { cutPixels } from '../../stage/cut-pixels.ts';
import { viewOf, type Pixels } from '../../stage/pixels.ts';
import { checkedBoxes } from './check-boxes.ts';
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

/**
 * Cuts the boxes of a detection out of its picture, runs an operator on these pictures, such as `infer` of a classifier, and gives the
 * detection with the result of each box in it, as `crop`: Frame of {@link PictureResult} → {@link CroppedDetection}. A stream of
 * `withPicture` is what it takes.
 *
 * The frames of the boxes keep their source frame, and have its label with `crop`, the number of the box. Results keep the
 * order of the frames. If a stage fails on a box, its whole frame fails. An operator may leave out boxes (`filter`); what it gives must keep the label. `maxDetections` of
 * the detector bounds how many pictures there are. Boxes have no past: put `smooth`, `smoothKeypoints` and `track` behind `crops`, or before.
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
      const error = (thrown: unknown) => subscriber.error(thrown);
      const cutting = new Cutting<D, R>(margin, (result) => subscriber.next(result), error);
      subscriber.add(() => cutting.stop());
      const { frames, feed } = fed<Frame<Pixels>>(upstream, () => begin());
      const begin = () =>
        subscribeWithin(upstream, subscriber, {
          next(frame) {
            try {
              cutting.take(frame, feed);
            } catch (cause) {
              const failure = cause instanceof SluiceError ? cause : new StageError('crops', frame.label, cause);
              if (frame.lease.fail(failure) === 'stop') error(failure);
            }
          },
          error: (thrown: unknown) => feed.error(thrown),
          complete: () => feed.complete(),
        });
      subscribeWithin(frames.pipe(through), subscriber, {
        next(result) {
          if (!cutting.found(result)) error(lostBox(result));
        },
        error,
        complete() {
          cutting.end();
          subscriber.complete();
        },
      });
    });
    return Object.assign(results, { upstream });
  };
}

/** A detection whose boxes are on their way. */
interface Group<D, R> {
  /** Its frame, which is held. */
  readonly frame: Frame<PictureResult<D>>;
  readonly key: string;
  readonly boxes: readonly DetectedBox[];
  readonly found: (R | undefined)[];
  state: 'waiting' | 'cut' | 'over';
}

/** The detections of one subscription. Each is given when all of its boxes are done, in the order in which they came. */
class Cutting<D extends FrameLabel & Detection, R extends FrameLabel> {
  readonly #margin: number;
  readonly #give: (result: CroppedDetection<D, R>) => void;
  readonly #fail: (error: SluiceError) => void;
  readonly #groups: Group<D, R>[] = [];

  constructor(margin: number, give: (result: CroppedDetection<D, R>) => void, fail: (error: SluiceError) => void) {
    this.#margin = margin;
    this.#give = give;
    this.#fail = fail;
  }

  /** Cuts a frame, unless the boxes of another detection of the same frame are on their way: those come first. */
  take(frame: Frame<PictureResult<D>>, feed: Pick<Observer<Frame<Pixels>>, 'next' | 'error'>): void {
    const { result } = frame.data;
    const boxes = checkedBoxes(result);
    const group: Group<D, R> = {
      ...{ frame: frame.hold('crops'), key: frameKey(frame.label), boxes, found: boxes.map(() => undefined) },
      state: 'waiting',
    };
    this.#groups.push(group);
    const isFirst = this.#groups.find(({ key, state }) => key === group.key && state !== 'over') === group;
    if (isFirst) this.#cut(group, feed);
  }

  /** Takes the result of a box; false for one of no box that is on its way. */
  found(result: R): boolean {
    const { crop = [], ...label } = labelIn(result);
    const key = frameKey({ ...label, crop: crop.slice(0, -1) });
    const group = this.#groups.find((one) => one.key === key && one.state === 'cut');
    const box = crop.at(-1) ?? -1;
    if (!group || !(box in group.found)) return false;
    group.found[box] = result;
    return true;
  }

  /** No box is on its way any more. */
  end(): void {
    for (const group of this.#groups) group.state = 'over';
    this.#giveFinished();
  }

  stop(): void {
    releaseAll(this.#groups.splice(0).map(({ frame }) => frame));
  }

  #cut(group: Group<D, R>, feed: Pick<Observer<Frame<Pixels>>, 'next' | 'error'>): void {
    const { lease, label, trace, data } = group.frame;
    group.state = 'cut';
    // A lease of its own tells when all boxes are done. Their fate is that of the frame.
    const own = new Lease({
      failed: (error) => lease.fail(error),
      closed: (outcome) => {
        if (outcome === 'delivered') lease.markDelivered();
        group.state = 'over';
        const next = this.#groups.find(({ key, state }) => key === group.key && state === 'waiting');
        this.#giveFinished();
        if (next && this.#groups.includes(next)) this.#cut(next, feed);
      },
    });
    own.hold();
    try {
      for (const [box, place] of group.boxes.entries()) {
        const picture = cutOut(data.pixels, place, this.#margin);
        // Who gets the pictures may have ended the stream.
        if (!this.#groups.includes(group)) return;
        if (!picture) continue;
        emit(Frame.of(picture, { ...label, crop: [...(label.crop ?? []), box] }, own, trace, picture.view), feed);
      }
    } catch (cause) {
      const failure = new StageError('crops', label, cause);
      if (own.fail(failure) === 'stop') this.#fail(failure);
    } finally {
      own.drop();
    }
  }

  #giveFinished(): void {
    for (let [first] = this.#groups; first?.state === 'over'; [first] = this.#groups) {
      this.#groups.shift();
      const { frame, found } = first;
      try {
        // A frame that failed has no result, as everywhere.
        if (!frame.lease.hasFailed) this.#give(joined(frame.data.result, found));
      } finally {
        frame.release();
      }
    }
  }
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
