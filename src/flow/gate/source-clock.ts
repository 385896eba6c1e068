import type { FrameLabel } from '../../errors/frame-label.ts';
import { TimestampError } from '../../errors/timestamp-error.ts';

/** Checks the timestamps of a source: each must be finite and greater than the one before of the same source name. */
export class SourceClock {
  #last: FrameLabel | undefined;

  /** The error of a frame with a wrong timestamp; undefined for a good one. */
  check(label: FrameLabel): TimestampError | undefined {
    const { source, timestamp } = label;
    const previous = this.#last?.source === source ? this.#last.timestamp : undefined;
    if (Number.isFinite(timestamp) && (previous === undefined || timestamp > previous)) {
      this.#last = label;
      return undefined;
    }
    const error = new TimestampError(label, previous);
    // The source has a new clock: the next timestamps are compared with this one.
    if (error.fault === 'source-change') this.#last = label;
    return error;
  }
}
