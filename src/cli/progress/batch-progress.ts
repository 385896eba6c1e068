import type { JobEvent } from '../../batch/job-event.ts';
import type { JobTally } from '../../batch/job-tally.ts';
import type { LabelJob } from '../../batch/label-job.ts';
import type { MessageKind } from '../messages.ts';

/** Shows the progress of a batch job. */
export interface BatchProgress {
  /** Whether `on` tells of files that fail; otherwise that has to be said. */
  readonly tellsOfFailures: boolean;
  /** Starts to show progress. */
  begin(job: LabelJob, tally: JobTally): void;
  /** Shows an event. The tally includes it already. */
  on(event: JobEvent): void;
  /** Stops showing progress. */
  stop(): void;
  /** Writes a message. */
  say(kind: MessageKind, message: string): void;
}
