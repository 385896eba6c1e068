import type { FrameLabel, SluiceError } from '../errors.ts';
import type { Outcome } from '../frame.ts';

/**
 * Why the gate let a frame go before it was admitted: a newer one took its place, there was no room, or it had waited
 * longer than `maxAge`.
 */
export type DropCause = 'replaced' | 'full' | 'stale';

/** How a frame goes that was not let in. */
export type Dismissal =
  | { readonly type: 'dropped'; readonly cause: DropCause }
  | { readonly type: 'refused'; readonly outcome: 'discarded' | 'failed' };

/**
 * What happens to a frame at the gate, when it happens (`at`: ms on the clock of `performance.now()`).
 *
 * - `arrived`: the source brought it (`pulled`: when it was asked to); it waits. `bytes`: the memory it holds, as far as
 *   it tells.
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
  | { readonly type: 'admitted' }
  | Dismissal
  | { readonly type: 'failed'; readonly error: SluiceError }
  | { readonly type: 'closed'; readonly outcome: Outcome }
);
