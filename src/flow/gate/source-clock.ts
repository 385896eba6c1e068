import type { FrameLabel } from '../../errors/frame-label.ts';
import { TimestampError } from '../../errors/timestamp-error.ts';

/** Holds a source's timestamps to the rule: finite, and greater than the one before of the same name. */
export class SourceClock {
  #last: FrameLabel | undefined;

  /** What is wrong with a frame's time, if anything. */
  check(label: FrameLabel): TimestampError | undefined {
    const { source, timestamp } = label;
    const previous = this.#last?.source === source ? this.#last.timestamp : undefined;
    if (Number.isFinite(timestamp) && (previous === undefined || timestamp > previous)) {
      this.#last = label;
      return undefined;
    }
    const error = new TimestampError(label, previous);
    // A clock that began anew is the one to go by from here on.
    if (error.fault === 'source-change') this.#last = label;
    return error;
  }
}
