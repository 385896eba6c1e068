import type { Observable } from 'rxjs';
import type { FrameLabel } from '../../errors/errors.ts';
import type { Trace } from '../../frames/trace.ts';

/** One frame's data and its time, as a source gives them to the gate. */
export interface Arrival<T> {
  readonly data: T;
  /** Presentation time in microseconds; must be finite and greater than the one before. */
  readonly timestamp: number;
  /** The name of this frame's source, where one source has several (images). Default: the source's name. */
  readonly source?: string;
  /** How many frames were lost between the frame before and this one, before they could be taken. */
  readonly missed?: number;
  /** @internal A frame that was one before keeps its label and its trace. */
  readonly from?: { readonly label: FrameLabel; readonly trace: Trace | undefined };
}

/**
 * What a gate takes frames from: an iterable (sync or async), which is asked for frames, or an Observable, which emits
 * them by itself.
 */
export type Arrivals<T> = AsyncIterable<Arrival<T>> | Iterable<Arrival<T>> | Observable<Arrival<T>>;
