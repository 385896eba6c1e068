import { stack, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, type Tensor5D } from '@tensorflow/tfjs-core';
import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { emit } from '../../frames/emit.ts';
import type { Frame } from '../../frames/frame.ts';
import { releaseAll } from '../../frames/release-all.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { count } from '../../stage/arguments.ts';
import { checkFillable, dataOf, isLost, join, takesOne } from './join.ts';
import { leasesOf } from './source-of.ts';

/** Options of {@link window}. */
export interface WindowOptions {
  /** How many frames are in a window. */
  readonly size: number;
  /** How many frames a window begins after the one before. Default: `size`, so that windows do not overlap. */
  readonly hop?: number;
  /**
   * What happens at the end of a source, if frames came after the last full window. True repeats the last frame until the window
   * is full. False, the default, discards these frames.
   */
  readonly padEnd?: boolean;
}

/** Frames of a window: a tensor with one dimension more, the second one. */
export type Windowed<T extends Tensor> = T extends Tensor2D
  ? Tensor3D
  : T extends Tensor3D
    ? Tensor4D
    : T extends Tensor4D
      ? Tensor5D
      : Tensor;

const NAMES: OptionNames<WindowOptions> = { size: true, hop: true, padEnd: true };

/**
 * Puts frames that follow each other into windows with a time axis, for models that look at several frames at once: `size` frames
 * `[1, …]` → one frame `[1, size, …]`, the oldest first. Each window begins `hop` frames after the one before, so that windows
 * overlap where `hop` is smaller than `size`, and frames are left out where it is larger. Without `padEnd`, it is TensorFlow's `tf.signal.frame`.
 *
 * A window has the label of its newest frame. A window contains frames of one source, shape and type: where one of them changes, a
 * new window begins, and frames that filled none are discarded, or with `padEnd` make a last window.
 *
 * The frames keep their leases until the last window that they are in is released. So the source must admit at least `size` frames
 * at once (`maxInFlight`), and more where frames are to arrive while a window is computed; else this throws an `OptionError`. A
 * stage that fails on a window fails all its frames. A frame that is no tensor `[1, …]` fails with a `ShapeError`.
 *
 * @see {@link batch}, {@link sampleFrames}
 *
 * @example
 * const source = frameSource(arrivals, { source: 'demo', maxInFlight: 8 });
 * source.pipe(window({ size: 8, hop: 4 })).subscribe(({ data, label }) => console.log(data.shape, label.seq));
 */
export function window<T extends Tensor>(options: WindowOptions): OperatorFunction<Frame<T>, Frame<Windowed<T>>> {
  checkOptions('window', options, NAMES);
  const size = count('window', 'size', options.size);
  const hop = count('window', 'hop', options.hop ?? size);
  const { padEnd = false } = options;
  if (typeof padEnd !== 'boolean') {
    throw new OptionError(`window: padEnd must be true or false, not ${describeValue(padEnd)}`);
  }
  const step = Math.min(hop, size);
  return (upstream) => {
    checkFillable(upstream, 'window', size, 'or make the window smaller', step);
    const windows = new Observable<Frame<Windowed<T>>>((subscriber) => {
      const sliding = new Sliding<T>({ size, hop, padEnd }, subscriber);
      subscriber.add(() => sliding.releaseHeld());
      subscribeWithin(upstream, subscriber, {
        next: (frame) => sliding.take(frame),
        error(error: unknown) {
          sliding.releaseHeld();
          subscriber.error(error);
        },
        complete() {
          sliding.end();
          subscriber.complete();
        },
      });
    });
    // Windows that overlap share frames.
    const leases = (count: number, taken: number) => leasesOf(upstream, size + (count - 1) * step, taken * step);
    return Object.assign(windows, { upstream, leases });
  };
}

/** The unfinished window of one subscription. */
class Sliding<T extends Tensor> {
  readonly #options: Required<WindowOptions>;
  readonly #subscriber: Subscriber<Frame<Windowed<T>>>;
  #held: Frame<T>[] = [];
  /** What frames of one window have in common. */
  #kind: string | undefined;
  /** How many of the frames that are held have been in no window. */
  #fresh = 0;
  /** How many frames are to be left out before the next window. */
  #leftOut = 0;

  constructor(options: Required<WindowOptions>, subscriber: Subscriber<Frame<Windowed<T>>>) {
    this.#options = options;
    this.#subscriber = subscriber;
  }

  take(frame: Frame<T>): void {
    if (!takesOne(frame, 'window', this.#subscriber)) return;
    const kind = kindOf(frame);
    if (kind !== this.#kind) {
      this.#kind = kind;
      this.end();
      // The subscriber may have unsubscribed on that window.
      if (this.#subscriber.closed) return;
    }
    if (this.#leftOut > 0) {
      this.#leftOut--;
      return;
    }
    this.#held.push(frame.hold('window'));
    this.#fresh++;
    if (this.#held.length === this.#options.size) this.#send();
  }

  /** Ends what came of a source. */
  end(): void {
    if (this.#options.padEnd && this.#fresh > 0) this.#send();
    this.releaseHeld();
    this.#leftOut = 0;
  }

  releaseHeld(): void {
    this.#fresh = 0;
    releaseAll(this.#held.splice(0));
  }

  /** Emits the frames that are held as a window, and keeps those that are in the next one. */
  #send(): void {
    const { size, hop } = this.#options;
    const kept = this.#held.filter((frame) => !isLost(frame));
    // What comes after a frame that is missing does not follow what was before it.
    if (kept.length < this.#held.length) {
      this.#held = kept;
      this.releaseHeld();
      return;
    }
    const frames = kept.map((frame) => frame.hold('window'));
    this.#fresh = 0;
    this.#leftOut = Math.max(0, hop - size);
    releaseAll(this.#held.splice(0, hop));
    const newest = frames.toReversed() as [Frame<T>, ...Frame<T>[]];
    const data = dataOf(newest, 'window', this.#subscriber, (tensors: readonly T[]) => {
      const padding = new Array<T>(size - tensors.length).fill(tensors[0] as T);
      return stack<Tensor>([...tensors.toReversed(), ...padding], 1);
    });
    // The others may have been timed in the window before.
    if (data) emit(join(newest, data as Windowed<T>, newest.slice(0, 1)), this.#subscriber);
  }
}

/** The source, the shape and the type of a frame. */
function kindOf({ data, label }: Frame<Tensor>): string {
  return JSON.stringify([label.source, data.dtype, data.shape]);
}
