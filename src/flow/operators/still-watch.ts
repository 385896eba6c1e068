import type { Observer } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { FrameReleasedError, ShapeError, StageError, type SluiceError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Frame } from '../../frames/frame.ts';
import { perSource } from '../../frames/per-source.ts';
import { isPixels, type Pixels } from '../../stage/pixels.ts';
import { differenceOf, thumbnail, type Thumbnail } from './thumbnail.ts';

/** @internal A picture that later ones of its source are compared with. */
export interface Shown {
  /** The number of its frame. */
  readonly seq: number;
  readonly thumbnail: Thumbnail;
  /** The sizes of the picture and of its source picture. */
  readonly sizes: string;
}

/** @internal What a frame shows. */
export interface Compared {
  /** That of the frame itself, if it has changed. */
  readonly shown: Shown;
  readonly isStill: boolean;
}

/** @internal Tells still pictures from those that have changed, for each source apart. */
export class StillWatch {
  readonly #threshold: number;
  readonly #sources = perSource(() => ({ shown: undefined as Shown | undefined }));

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /**
   * Compares a frame with the picture that its source showed last. If the frame has changed, the next ones are compared with it. Throws
   * `ShapeError` for what is no picture, and `RangeError` for a frame without a place in time.
   */
  compare({ label, data }: Frame<Pixels>): Compared {
    if (!isPixels(data)) throw new ShapeError(`needs pictures, but got ${describeValue(data)}`);
    const source = this.#sources.of(label);
    const now: Shown = { seq: label.seq, thumbnail: thumbnail(data), sizes: sizesOf(data) };
    const { shown } = source;
    const isStill =
      shown !== undefined &&
      shown.sizes === now.sizes &&
      differenceOf(shown.thumbnail, now.thumbnail) <= this.#threshold;
    if (!isStill) source.shown = now;
    return { shown: isStill ? shown : now, isStill };
  }

  /** Forgets all pictures: the next frame of each source has changed. */
  forget(): void {
    this.#sources.close();
  }
}

/** @internal Compares a frame. One that can't be compared fails in the operator of this name, and gives undefined. */
export function comparedBy(
  operator: string,
  watch: StillWatch,
  frame: Frame<Pixels>,
  observer: Pick<Observer<unknown>, 'error'>,
): Compared | undefined {
  try {
    return watch.compare(frame);
  } catch (cause) {
    // A released frame is a mistake in the pipe, not a failure of the frame.
    const error = cause instanceof FrameReleasedError ? cause : errorFor(operator, frame.label, cause);
    if (error === cause || frame.lease.fail(error) === 'stop') observer.error(error);
    return undefined;
  }
}

function errorFor(operator: string, label: FrameLabel, cause: unknown): SluiceError {
  if (!(cause instanceof ShapeError)) return new StageError(operator, label, cause);
  return new ShapeError(`${operator}: ${cause.message}`, { stage: operator, frame: label, cause });
}

/** Results with a place belong to a size, also where the decoder brings all pictures to one. */
function sizesOf({ width, height, view }: Pixels): string {
  return [width, height, view?.source.width, view?.source.height].join(' ');
}
