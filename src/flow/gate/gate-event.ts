import type { FrameLabel } from '../../errors/frame-label.ts';
import type { SluiceError } from '../../errors/errors.ts';
import type { Outcome } from '../../frames/lease.ts';

/**
 * Why a frame was not admitted: a newer one took its place, there was no room, it had waited longer than `maxAge`; or it
 * never came to the gate, because the camera's frames were not taken in time (`missed`).
 */
export type DropCause = 'replaced' | 'full' | 'stale' | 'missed';

/** How a frame goes that was not let in. */
export type Dismissal =
  | { readonly type: 'dropped'; readonly cause: Exclude<DropCause, 'missed'> }
  | { readonly type: 'refused'; readonly outcome: 'discarded' | 'failed' };

/**
 * What happens to a frame at the gate, when it happens (`at`: ms on the clock of `performance.now()`).
 *
 * - `arrived`: the source brought it (`pulled`: when it was asked to); it waits. `bytes`: the memory it holds, as far as
 *   it tells.
 * - `missed`: so many (`count`) came before the next one that arrives, and were lost; the label is the first one's, with the
 *   next one's time.
 * - `admitted`: it was let in, and holds a lease.
 * - `dropped`: it was let go while it waited.
 * - `refused`: its timestamp was wrong, or nobody wanted it any more.
 * - `failed`: what went wrong with it; `closed` or `refused` comes after.
 * - `closed`: its lease ended.
 */
export type GateEvent = {
  readonly at: number;
  readonly label: FrameLabel;
} & (
  | { readonly type: 'arrived'; readonly bytes: number; readonly pulled?: boolean }
  | { readonly type: 'missed'; readonly count: number }
  | { readonly type: 'admitted' }
  | Dismissal
  | { readonly type: 'failed'; readonly error: SluiceError }
  | { readonly type: 'closed'; readonly outcome: Outcome }
);
