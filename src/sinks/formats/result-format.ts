import { OptionError } from '../../errors/errors.ts';
import { checkKnown } from '../../errors/known-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { csvWriter } from './csv.ts';
import { jsonWriter } from './json.ts';
import { ndjsonWriter } from './ndjson.ts';
import { loadParquet } from './parquet.ts';
import type { ResultWriter } from './result-writer.ts';
import { srtWriter } from './srt.ts';
import { webvttWriter } from './webvtt.ts';
import { taskOf, type WriterOptions } from './writer-task.ts';

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

/** Options of {@link resultFormat}. */
export interface ResultFormatOptions<T extends object = Classification> extends WriterOptions<T> {
  /** The results are of several frames each. Default false. */
  readonly aggregated?: boolean;
  /** Adds what each stage took; NDJSON and JSON only. Default false. */
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
 * Loads what a format needs and makes its writer. Throws `OptionError` for options that the format can't express,
 * `SluiceError` (`output`) where an optional peer is missing.
 *
 * @see {@link OutputFile}, {@link loadParquet}
 *
 * @example
 * const csv = await resultFormat('csv');
 * const file = csv.open();
 * const text = [file.write(result), file.end()];
 */
export async function resultFormat<T extends object = Classification>(
  format: ResultFormat,
  options: ResultFormatOptions<T> = {},
): Promise<ResultWriter<string | Uint8Array, T>> {
  checkKnown('resultFormat', options, ['task', 'aggregated', 'timings', 'spreadsheet']);
  const { aggregated = false, timings = false, spreadsheet = false } = options;
  const task = taskOf(options);
  if (timings && aggregated) throw new OptionError('timings are of single frames: leave them out, or take --per frame');
  if (timings && format !== 'ndjson' && format !== 'json') {
    throw new OptionError(`timings are written as ndjson or json, not as ${format}`);
  }
  if (spreadsheet && format !== 'csv') throw new OptionError(`only csv is written for spreadsheets, not ${format}`);
  switch (format) {
    case 'ndjson':
      return ndjsonWriter({ task, timings });
    case 'json':
      return jsonWriter({ task, timings });
    case 'csv':
      return csvWriter({ task, aggregated, spreadsheet });
    case 'vtt':
      return webvttWriter({ task });
    case 'srt':
      return srtWriter({ task });
    case 'parquet': {
      const parquetWriter = await loadParquet();
      return parquetWriter({ task, aggregated });
    }
  }
}
