import type { FrameLabel } from '../../errors/frame-label.ts';
import type { SluiceError } from '../../errors/errors.ts';
import type { Outcome } from '../../frames/lease.ts';

/**
 * Why a frame was dropped.
 *
 * - `replaced`: a newer frame took its place.
 * - `full`: all leases and all places to wait were taken.
 * - `stale`: it had waited longer than `maxAge`.
 * - `missed`: the source lost it before it reached the gate, as a camera does whose frames are not read in time.
 */
export type DropCause = 'replaced' | 'full' | 'stale' | 'missed';

/** How a frame ends that is not admitted. */
export type Dismissal =
  | { readonly type: 'dropped'; readonly cause: Exclude<DropCause, 'missed'> }
  | { readonly type: 'refused'; readonly outcome: 'discarded' | 'failed' };

/**
 * What happened to a frame at the gate; `at` is the time in ms on the clock of `performance.now()`.
 *
 * - `arrived`: the source gave it, and it waits. `pulled`: the source was asked for it. `bytes`: the memory it takes.
 * - `missed`: the source lost `count` frames before the next one. The label is that of the first lost frame, with the time
 *   of the next one.
 * - `admitted`: it got a lease and was emitted.
 * - `dropped`: it was dropped while it waited.
 * - `refused`: its timestamp was wrong, or the stream had ended.
 * - `failed`: `error` happened to it; `closed` or `refused` follows.
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
