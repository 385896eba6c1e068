import type { JobTally } from '../../batch/job-tally.ts';
import type { LabelJob } from '../../batch/label-job.ts';
import { duration } from '../progress/pace.ts';
import { plainTable } from '../plain-table.ts';
import { printable } from '../../sinks/formats/invisible.ts';

const MAX_FAILURES = 50;

/** The report at the end of a job, as text: counts, failures, and how the workers spent their time. */
export function formatBatchReport(job: LabelJob, tally: JobTally, failures: readonly string[]): string {
  const { files, doneFiles, failedFiles, frames, labelled, same, failedFrames, seconds, reusedParts, own } = tally;
  const elapsed = tally.elapsedSeconds;
  const { engine, batch } = job.ready;
  const account = plainTable({ '': 'left', ' ': 'left' });
  account.options.head = [];
  account.push(
    ['files', `${files.length}: ${doneFiles} labelled, ${failedFiles} failed`],
    [
      'frames',
      `${frames} decoded, ${labelled} labelled${same > 0 ? ` (${same} of them still, not computed)` : ''}, ${failedFrames} failed`,
    ],
    ['video', `${duration(seconds)}; ${duration(own.seconds)} of it in ${elapsed.toFixed(1)} s`],
    ['speed', `${tally.rate.toFixed(1)} frames/s, ${tally.realTime.toFixed(1)} × real time`],
    ['engine', `${engine.name} (${engine.reason}); ${batch === 1 ? 'one frame' : `${batch} frames`} at a time`],
    ['workers', `${job.workers} (${job.workersReason})`],
  );
  if (reusedParts > 0) account.push(['resumed', `${reusedParts} parts were done by an earlier run`]);
  const named = failures.slice(0, MAX_FAILURES).map((message) => `  ${printable(message)}`);
  if (failures.length > MAX_FAILURES) named.push(`  and ${failures.length - MAX_FAILURES} more`);
  const failed = failures.length > 0 ? ['', 'failed:', ...named] : [];
  return [
    account.toString(),
    ...failed,
    '',
    timeTable(timesOf(tally, job.workers)),
    ...timeNotes(tally).map((note) => `(${printable(note)})`),
    '',
  ].join('\n');
}

/** How the workers spent their time, in ms. The entries add up to the workers' total time. */
export function timesOf(tally: JobTally, workers: number): (readonly [what: string, ms: number])[] {
  const { wallMs, writeMs, stages, elapsedSeconds } = tally;
  const computed = stages.reduce((sum, [, ms]) => sum + ms, 0);
  return [
    ['waiting for the decoder', Math.max(0, wallMs - computed - writeMs)],
    ...stages,
    ['write', writeMs],
    ['idle, start and end', Math.max(0, workers * elapsedSeconds * 1000 - wallMs)],
  ];
}

/** Notes on how the times of merged stages were measured. */
export function timeNotes({ profiled }: JobTally): string[] {
  return profiled.map(
    (run) => `${run}: timed as a whole; the shares of its stages are from ONNX Runtime's profile of a few frames`,
  );
}

function timeTable(times: ReturnType<typeof timesOf>): string {
  const table = plainTable({ 'time of the workers': 'left', s: 'right', share: 'right' });
  const all = times.reduce((sum, [, ms]) => sum + ms, 0);
  for (const [what, ms] of times)
    table.push([printable(what), (ms / 1000).toFixed(2), `${((100 * ms) / all).toFixed(1)} %`]);
  return table.toString();
}
