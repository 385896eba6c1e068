import { csvWriter, ndjsonWriter, toChromeTrace, webvttWriter, type ResultWriter, type Task } from 'sluice';
import type { RunLog } from './run-log.ts';

/** A file that the page can make of a run. */
export interface Format {
  readonly title: string;
  readonly what: string;
  readonly file: string;
  /** Whether it shows captions, which not all tasks have. */
  readonly hasCaptions?: boolean;
  readonly write: (log: RunLog) => Blob;
}

/** A file of results, written as the run's task says; empty for a run without results. */
const results =
  (type: string, writer: (task: Task) => ResultWriter<string>) =>
  ({ task, results: all }: RunLog): Blob => {
    if (!task) return new Blob([], { type });
    const file = writer(task).open();
    return new Blob([...all.map((result) => file.write(result)), file.end()], { type });
  };

/** The formats in which the page saves results and timings. */
export const FORMATS: readonly Format[] = [
  {
    title: 'NDJSON',
    what: 'results, one line per frame',
    file: 'labels.ndjson',
    write: results('application/x-ndjson', (task) => ndjsonWriter({ task })),
  },
  {
    title: 'CSV',
    what: 'results, for a spreadsheet',
    file: 'labels.csv',
    write: results('text/csv', (task) => csvWriter({ spreadsheet: true, task })),
  },
  {
    title: 'WebVTT',
    what: 'labels, as subtitles',
    file: 'labels.vtt',
    hasCaptions: true,
    write: results('text/vtt', (task) => webvttWriter({ task })),
  },
  {
    title: 'Trace',
    what: 'the last 300 frames, for ui.perfetto.dev',
    file: 'trace.json',
    write: ({ timed, events }) =>
      new Blob([JSON.stringify(toChromeTrace(timed, events))], { type: 'application/json' }),
  },
];
