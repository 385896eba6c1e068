import type { JobEvent } from '../../batch/job-event.ts';
import type { BatchProgress } from './batch-progress.ts';

/**
 * Says what an event of a job means for the user. `names` are those of the files, and `noticed` what was said of them: many files may
 * have the same notice. A failed file is left to the caller.
 */
export function sayEvent(
  progress: BatchProgress,
  event: JobEvent,
  names: readonly string[],
  noticed: Set<string>,
): void {
  if (event.type === 'damaged') {
    progress.say('warning', `what the job holds of ${names[event.file] ?? ''} is damaged: that is labelled again`);
  }
  if (event.type === 'planned' && event.skipping) {
    const { frames, groups, read, saved, spent } = event.skipping;
    const name = names[event.file] ?? '';
    progress.say(
      'note',
      `${name}: ${event.frames} of ${frames} frames are decoded, from ${read} of ${groups} groups of pictures: ` +
        `to decode the others takes about ${saved.toFixed(1)} s, to start behind them ${spent.toFixed(1)} s`,
    );
  }
  if (event.type !== 'part') return;
  const { notices, warnings, failures } = event.account;
  const news = notices.filter((notice) => !noticed.has(notice));
  for (const notice of news) noticed.add(notice);
  for (const said of [...news, ...warnings, ...failures]) progress.say('warning', said);
}
