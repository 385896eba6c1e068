import { Observable } from 'rxjs';
import { checkKnown } from '../errors/known-options.ts';
import {
  CLASSIFICATION_OPTIONS,
  type Classification,
  type ClassificationOptions,
} from '../tasks/classification/class-scores.ts';
import { classification } from '../tasks/classification/classification.ts';
import type { StoredResult } from '../tasks/frame-result.ts';
import { findInputs } from './inputs.ts';
import type { JobEvent } from './job-event.ts';
import { LabelJob, type JobOptions } from './label-job.ts';
import type { LabelOptions } from './label-options.ts';

/** What is labelled, and how; all of it may be left out. */
export interface LabelFilesOptions
  extends Partial<Omit<LabelOptions, 'taskOptions'>>, ClassificationOptions, JobOptions {
  /** Told what happens: files cut, parts done, files that fail and why. */
  readonly onEvent?: (event: JobEvent) => void;
}

const OPTIONS = [
  ...['model', 'weights', 'labels', 'seed', 'range', 'size'],
  ...CLASSIFICATION_OPTIONS,
  ...['fps', 'every', 'start', 'end', 'fit', 'engine', 'batch', 'timings', 'ffmpeg'],
  ...['job', 'fresh', 'workers', 'memory', 'onEvent'],
];

/** Runs that were unsubscribed from, by folder, until they have let go of it: the next one there waits for that. */
const leaving = new Map<string, Promise<void>>();

/**
 * Labels every frame of many files on all cores, each frame once, and gives the results in order (Node): what
 * `sluice batch` does. Files, folders, patterns and `@list.txt`, as there; a model by its name or path, since processes
 * of their own run it. Defaults: MobileNet v1, five classes a frame, one process a core.
 *
 * A file that can't be read gives no results once that is known; `onEvent` tells why (`failed`), and the others are
 * labelled. With `job`, a folder, what is done is kept, and the same call goes on after whatever cut it off. Unsubscribing
 * ends the processes. Errors: `OptionError`; `SluiceError` with code `locked` (another process works in the folder),
 * `other-job` (the folder is of other files or options: `fresh` starts over), `output` (it can't be written).
 *
 * @see {@link videoFile}, {@link JobEvent}
 *
 * @example
 * labelFiles(['clip.mp4'], { fps: 1, top: 1 }).subscribe(({ source, timestamp, classes }) => {
 *   console.log(source, timestamp, classes[0]?.label);
 * });
 */
export function labelFiles(
  files: readonly string[],
  options: LabelFilesOptions = {},
): Observable<StoredResult<Classification>> {
  checkKnown('labelFiles', options, OPTIONS);
  const { job: folder, fresh, workers, memory, onEvent = () => undefined, top = 5, minScore = 0, ...given } = options;
  // What is wrong with them is an error here, not in a worker.
  classification().reader(undefined, { top, minScore });
  const label: LabelOptions = { model: 'mobilenet-v1', engine: 'auto', ...given, taskOptions: { top, minScore } };
  const how: JobOptions = {
    ...(folder === undefined ? {} : { job: folder }),
    ...(fresh === undefined ? {} : { fresh }),
    ...(workers === undefined ? {} : { workers }),
    ...(memory === undefined ? {} : { memory }),
  };
  return new Observable((subscriber) => {
    const ending = new AbortController();
    const run = async (): Promise<void> => {
      if (folder !== undefined) await leaving.get(folder);
      const job = await LabelJob.open(await findInputs(files), label, how, onEvent, ending.signal);
      try {
        const give = async (): Promise<void> => {
          for await (const line of job.lines()) subscriber.next(JSON.parse(line) as StoredResult<Classification>);
        };
        await Promise.all([job.work(), give()]);
      } finally {
        await job.close({ remove: folder === undefined });
      }
    };
    const ended = run().then(
      () => subscriber.complete(),
      (error: unknown) => {
        if (!ending.signal.aborted) subscriber.error(error);
      },
    );
    return () => {
      ending.abort(new Error('unsubscribed'));
      if (folder === undefined) return;
      leaving.set(folder, ended);
      void ended.then(() => leaving.get(folder) === ended && leaving.delete(folder));
    };
  });
}
