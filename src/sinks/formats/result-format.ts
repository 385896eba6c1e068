import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { cocoWriter } from './coco.ts';
import { csvWriter } from './csv.ts';
import { jsonWriter } from './json.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { motWriter } from './mot.ts';
import { ndjsonWriter } from './ndjson.ts';
import { loadParquet } from './parquet.ts';
import type { ResultWriter } from './result-writer.ts';
import { srtWriter } from './srt.ts';
import { webvttWriter } from './webvtt.ts';
import { type WriterOptions } from './writer-task.ts';
import { yoloWriter } from './yolo.ts';

/** The formats of results, with their file extensions. */
export const RESULT_FORMATS = {
  ndjson: ['ndjson', 'jsonl'],
  json: ['json'],
  csv: ['csv'],
  parquet: ['parquet'],
  vtt: ['vtt'],
  srt: ['srt'],
  coco: ['json'],
  mot: ['csv'],
  yolo: ['txt'],
} as const;

/** The formats that hold boxes, or regions, of single frames. Their extensions are those of others, too, so that they must be named. */
const OF_BOXES: readonly ResultFormat[] = ['coco', 'mot', 'yolo'];

/** The name of a format of results. */
export type ResultFormat = keyof typeof RESULT_FORMATS;

/** Options of {@link resultFormat}. */
export interface ResultFormatOptions<T extends object = Classification> extends WriterOptions<T> {
  /** Whether the results are aggregates of several frames. Default false. */
  readonly aggregated?: boolean;
  /** Adds the time of each stage; NDJSON and JSON only. Default false. */
  readonly timings?: boolean;
  /** Writes CSV for spreadsheets; CSV only. Default false. */
  readonly spreadsheet?: boolean;
}

const NAMES: OptionNames<ResultFormatOptions> = { task: true, aggregated: true, timings: true, spreadsheet: true };

/** The format of a path's extension; undefined for another extension. */
export function formatOf(path: string): ResultFormat | undefined {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  const names = Object.keys(RESULT_FORMATS) as ResultFormat[];
  const own = names.filter((name) => !OF_BOXES.includes(name));
  return own.find((name) => RESULT_FORMATS[name].some((extension) => extension === ending));
}

/** Whether a file of this format can hold the results of one source only. */
export function isPerSource(format: ResultFormat): boolean {
  return format === 'vtt' || format === 'srt' || format === 'mot' || format === 'yolo';
}

/** Whether a format holds the boxes, or the regions, of single frames. */
export function holdsBoxes(format: ResultFormat): boolean {
  return OF_BOXES.includes(format);
}

/**
 * Makes the writer of a format, and loads the package that the format needs. Throws `OptionError` for options that the format
 * does not support, and `SluiceError` (`output`) if the package is missing.
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
  checkOptions<ResultFormatOptions<T>>('resultFormat', options, NAMES);
  const { aggregated = false, timings = false, spreadsheet = false } = options;
  const task = taskOrDefault(options.task);
  if (timings && aggregated)
    throw new OptionError('timings belong to single frames: leave out timings, or use --per frame');
  if (timings && format !== 'ndjson' && format !== 'json') {
    throw new OptionError(`timings need the format ndjson or json, not ${format}`);
  }
  if (spreadsheet && format !== 'csv') throw new OptionError(`spreadsheet needs the format csv, not ${format}`);
  if (holdsBoxes(format) && task.kind !== 'detection' && !(format === 'coco' && task.kind === 'segmentation')) {
    const what = format === 'coco' ? 'boxes or regions' : 'boxes';
    throw new OptionError(`the format ${format} holds ${what}, but the task is ${task.kind}: choose another format`);
  }
  if (holdsBoxes(format) && aggregated) {
    throw new OptionError(`the format ${format} holds single frames: use --per frame`);
  }
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
    case 'coco':
      return cocoWriter() as unknown as ResultWriter<string, T>;
    case 'mot':
      return motWriter() as unknown as ResultWriter<string, T>;
    case 'yolo':
      return yoloWriter() as unknown as ResultWriter<string, T>;
    case 'parquet': {
      const parquetWriter = await loadParquet();
      return parquetWriter({ task, aggregated });
    }
  }
}
