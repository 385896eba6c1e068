import type { Arrival } from './arrival.ts';
import type { Capacity } from './policy.ts';

/** A frame that a source has dropped: of its data, only the size is left. */
export type DroppedArrival = Arrival<{ readonly byteLength: number }>;

/**
 * @internal An iterator that also reads while it is not asked, and drops frames itself as the gate's policy says. So frames
 * are dropped while the thread of the gate is busy.
 */
export interface SelfDropping {
  /** Sets the policy. `dropped` is called for each frame that is not kept, in order with the frames that are given. */
  keep(capacity: Capacity, dropped: (arrival: DroppedArrival, cause: 'replaced' | 'full') => void): void;
}
