import type { Observable } from 'rxjs';
import type { FrameLabel, Target } from '../../errors/frame-label.ts';
import type { PictureView } from '../../frames/picture-view.ts';
import type { Trace } from '../../frames/trace.ts';

/** One frame's data and time, as a source gives them to the gate. */
export interface Arrival<T> {
  readonly data: T;
  /** Presentation time in microseconds. It must be finite and greater than the one before. */
  readonly timestamp: number;
  /** The source in the frame's label, for a source that reads several files (images). Default: the name of the source. */
  readonly source?: string;
  /** What the frame is known to show, for training and for measuring. */
  readonly target?: Target | undefined;
  /** How much the frame counts in a loss: any finite number. Default 1. */
  readonly weight?: number | undefined;
  /** The number of the shot that the frame is from, from 0, where cuts are known. */
  readonly scene?: number;
  /** How many frames between the one before and this one were lost before they could be read. Default 0. */
  readonly missed?: number;
  /** @internal When it arrived, on the clock of `performance.now()`, at a source that reads on while it is not asked. */
  readonly arrivedAt?: number;
  /** @internal The label, trace and view of the frame that this data had before; a branch passes them on. */
  readonly from?: {
    readonly label: FrameLabel;
    readonly trace: Trace | undefined;
    readonly view: PictureView | undefined;
  };
}

/** The frames of a source: an iterable, sync or async, is pulled; an Observable emits by itself. */
export type Arrivals<T> = AsyncIterable<Arrival<T>> | Iterable<Arrival<T>> | Observable<Arrival<T>>;
