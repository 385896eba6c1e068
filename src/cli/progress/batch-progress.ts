import type { JobEvent } from '../../batch/job-event.ts';
import type { JobTally } from '../../batch/job-tally.ts';
import type { LabelJob } from '../../batch/label-job.ts';

/** Says what goes on in a job. */
export interface BatchProgress {
  begin(job: LabelJob, tally: JobTally): void;
  /** Something happened, and is in the tally. */
  on(event: JobEvent): void;
  /** Nothing more will happen; the last is what there is to see. */
  stop(): void;
  /** Says what is to be known beside that: a warning, an error, what to do. */
  say(kind: 'error' | 'warning' | 'note', message: string): void;
}
