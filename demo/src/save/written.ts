import {
  csvWriter,
  ndjsonWriter,
  toChromeTrace,
  webvttWriter,
  type Classification,
  type StoredResult,
  type ResultWriter,
} from 'sluice';
import type { RunLog } from './run-log.ts';

/** A file that can be made of what a run has told. */
export interface Format {
  readonly title: string;
  readonly what: string;
  readonly file: string;
  readonly type: string;
  readonly write: (log: RunLog) => Blob;
}

const labels = (
  title: string,
  what: string,
  file: string,
  type: string,
  writer: () => ResultWriter<string>,
): Format => ({
  title,
  what,
  file,
  type,
  write: (log) => new Blob(pieces(writer(), log.labels), { type }),
});

function pieces(writer: ResultWriter<string>, results: readonly StoredResult<Classification>[]): string[] {
  const file = writer.open();
  return [...results.map((result) => file.write(result)), file.end()];
}

/** In which forms labels and times can be taken along. */
export const FORMATS: readonly Format[] = [
  labels('NDJSON', 'labels, a line a frame', 'labels.ndjson', 'application/x-ndjson', () => ndjsonWriter()),
  labels('CSV', 'labels, for a spreadsheet', 'labels.csv', 'text/csv', () => csvWriter({ spreadsheet: true })),
  labels('WebVTT', 'labels, as subtitles', 'labels.vtt', 'text/vtt', webvttWriter),
  {
    title: 'Trace',
    what: 'the last 300 frames, for ui.perfetto.dev',
    file: 'trace.json',
    type: 'application/json',
    write: (log) => new Blob([JSON.stringify(toChromeTrace(log.timed, log.events))], { type: 'application/json' }),
  },
];
