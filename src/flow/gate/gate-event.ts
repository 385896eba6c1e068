import type { FrameLabel, SluiceError } from '../../errors/errors.ts';
import type { Outcome } from '../../frames/frame.ts';

/**
 * Why a frame was dropped:
 *
 * - `replaced`: a newer frame took its place.
 * - `full`: there was no room for it.
 * - `stale`: it had waited longer than `maxAge`.
 * - `missed`: the camera produced it while the page was too busy to take it.
 */
export type DropCause = 'replaced' | 'full' | 'stale' | 'missed';

/** How a frame goes that was not let in. */
export type Dismissal =
  | { readonly type: 'dropped'; readonly cause: Exclude<DropCause, 'missed'> }
  | { readonly type: 'refused'; readonly outcome: 'discarded' | 'failed' };

/**
 * What happens to a frame at the gate, and when (`at`, in ms on the clock of `performance.now()`).
 *
 * - `arrived`: the source brought the frame, and it waits. `pulled`: the source was asked for it. `bytes`: the memory
 *   that it holds, if known.
 * - `missed`: `count` frames were lost before the next one arrived. The label is that of the first of them, with the
 *   time of the next one.
 * - `admitted`: the gate let the frame in; it has a lease.
 * - `dropped`: the gate dropped the frame while it waited.
 * - `refused`: the frame's timestamp was wrong, or the subscription had ended.
 * - `failed`: an error happened on the frame. `closed` or `refused` follows.
 * - `closed`: the frame's lease ended.
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
