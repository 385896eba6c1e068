import { OptionError } from '../../errors/errors.ts';
import { csvWriter } from './csv.ts';
import { jsonWriter } from './json.ts';
import { ndjsonWriter } from './ndjson.ts';
import { loadParquet } from './parquet.ts';
import type { ResultWriter } from './result-writer.ts';
import { srtWriter } from './srt.ts';
import { webvttWriter } from './webvtt.ts';

/** The formats of results, and what their files' names end in. */
export const RESULT_FORMATS = {
  ndjson: ['ndjson', 'jsonl'],
  json: ['json'],
  csv: ['csv'],
  parquet: ['parquet'],
  vtt: ['vtt'],
  srt: ['srt'],
} as const;

/** A format of results, by name. */
export type ResultFormat = keyof typeof RESULT_FORMATS;

/** What is written beside the results' classes, where a format can say it. */
export interface ResultFormatOptions {
  /** The results are of several frames each. Default false. */
  readonly aggregated?: boolean;
  /** What each stage took; NDJSON and JSON only. Default false. */
  readonly timings?: boolean;
  /** CSV only: for spreadsheets rather than for programs. Default false. */
  readonly spreadsheet?: boolean;
}

/** The format that a file's name ends in, if it is one. */
export function formatOf(path: string): ResultFormat | undefined {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  const names = Object.keys(RESULT_FORMATS) as ResultFormat[];
  return names.find((name) => RESULT_FORMATS[name].some((extension) => extension === ending));
}

/** Whether a file of this format can hold the results of one source only. */
export function isPerSource(format: ResultFormat): boolean {
  return format === 'vtt' || format === 'srt';
}

/**
 * Loads what a format needs, and gives the maker of its writers. Throws `OptionError` for options that the format can't
 * say, `SluiceError` (`output`) where an optional peer is missing.
 *
 * @see {@link OutputFile}, {@link loadParquet}
 *
 * @example
 * const csv = await resultFormat('csv');
 * const writer = csv();
 * const text = [writer.write(result), writer.end()];
 */
export async function resultFormat(
  format: ResultFormat,
  { aggregated = false, timings = false, spreadsheet = false }: ResultFormatOptions = {},
): Promise<() => ResultWriter> {
  if (timings && aggregated) throw new OptionError('timings are of single frames: leave them out, or take --per frame');
  if (timings && format !== 'ndjson' && format !== 'json') {
    throw new OptionError(`timings are written as ndjson or json, not as ${format}`);
  }
  if (spreadsheet && format !== 'csv') throw new OptionError(`only csv is written for spreadsheets, not ${format}`);
  switch (format) {
    case 'ndjson':
      return () => ndjsonWriter({ timings });
    case 'json':
      return () => jsonWriter({ timings });
    case 'csv':
      return () => csvWriter({ aggregated, spreadsheet });
    case 'vtt':
      return webvttWriter;
    case 'srt':
      return srtWriter;
    case 'parquet': {
      const parquetWriter = await loadParquet();
      return () => parquetWriter({ aggregated });
    }
  }
}
