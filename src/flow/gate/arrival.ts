import type { Observable } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Trace } from '../../frames/trace.ts';

/** What a source hands to the gate: one frame's data and its time, not yet admitted. */
export interface Arrival<T> {
  readonly data: T;
  /** Presentation time in microseconds; must be finite and greater than the one before. */
  readonly timestamp: number;
  /** Where this frame comes from, when a source brings several (images); default: the source's name. */
  readonly source?: string;
  /** So many frames came between the one before and this one, and were lost before anybody could take them. */
  readonly missed?: number;
  /** @internal A frame that was one before keeps its label and its trace. */
  readonly from?: { readonly label: FrameLabel; readonly trace: Trace | undefined };
}

/** Frames that can be asked for (an iterable, sync or async) or that come by themselves (an Observable). */
export type Arrivals<T> = AsyncIterable<Arrival<T>> | Iterable<Arrival<T>> | Observable<Arrival<T>>;
