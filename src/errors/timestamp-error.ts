import { SluiceError } from './errors.ts';
import type { FrameLabel } from './frame-label.ts';

/**
 * What is wrong with a timestamp.
 *
 * - `not-finite`: it is no finite number.
 * - `equal`: it is the same as the one before.
 * - `backwards`: it is before the one before.
 * - `source-change`: it is more than a second before the one before, so the clock of the source started again, as when one
 *   camera replaces another.
 */
export type TimestampFault = 'not-finite' | 'equal' | 'backwards' | 'source-change';

/** Microseconds: a jump back by more than this is a new clock. */
const RESTART = 1e6;

/**
 * The timestamp of a frame is not finite, or does not come after the one before (code `timestamp`).
 *
 * With `onError: 'skip'` only that frame is lost. The next timestamp is compared with the last good one; after a
 * `source-change`, with the first one of the new clock.
 */
export class TimestampError extends SluiceError {
  readonly fault: TimestampFault;

  constructor(frame: FrameLabel, previous: number | undefined) {
    const fault = faultOf(frame.timestamp, previous);
    super(
      'timestamp',
      `frame ${frame.seq} of ${frame.source} has timestamp ${String(frame.timestamp)} µs` +
        `${previous === undefined ? '' : ` after ${previous} µs`}${fault === 'source-change' ? ' (another clock)' : ''}: ` +
        'timestamps must be finite and strictly increase per source',
      { stage: 'source', frame },
    );
    this.fault = fault;
  }
}

function faultOf(timestamp: number, previous: number | undefined): TimestampFault {
  if (!Number.isFinite(timestamp)) return 'not-finite';
  const back = (previous ?? timestamp) - timestamp;
  if (back === 0) return 'equal';
  return back > RESTART ? 'source-change' : 'backwards';
}
