import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import { resultJson } from './result-json.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { type WriterOptions } from './writer-task.ts';

/** Options of {@link ndjsonWriter}, {@link jsonWriter} and {@link toNdjson}. */
export interface JsonOptions<T extends object = Classification> extends WriterOptions<T> {
  /** Adds `timings`, the time of each stage. Default false. */
  readonly timings?: boolean;
}

/** @internal The names of {@link JsonOptions}. */
export const JSON_OPTION_NAMES: OptionNames<JsonOptions> = { task: true, timings: true };

/**
 * Formats a result as one line of NDJSON, including the line end: `source`, `seq`, `timestamp` (µs) and the task's fields
 * (`classes`). An aggregate also has `end` (µs) and `frames`. Scores are rounded to six decimals, times to a microsecond.
 * Throws `OptionError`.
 *
 * @example
 * process.stdout.write(toNdjson(result, { timings: true }));
 */
export function toNdjson<T extends object = Classification>(
  result: StoredResult<T>,
  options: JsonOptions<T> = {},
): string {
  checkOptions<JsonOptions<T>>('toNdjson', options, JSON_OPTION_NAMES);
  return `${resultJson(taskOrDefault(options.task), result, options.timings ?? false)}\n`;
}

/**
 * Makes a writer of NDJSON: a line for each result, as {@link toNdjson} formats it. Throws `OptionError`.
 *
 * @see {@link jsonWriter}, {@link csvWriter}, {@link "sluice/node".loadParquet | loadParquet (Node)}
 *
 * @example
 * source.pipe(net, classify({ labels }), writeWith(ndjsonWriter())).subscribe((line) => process.stdout.write(line));
 */
export function ndjsonWriter<T extends object = Classification>(options: JsonOptions<T> = {}): ResultWriter<string, T> {
  checkOptions<JsonOptions<T>>('ndjsonWriter', options, JSON_OPTION_NAMES);
  const { timings = false } = options;
  const task = taskOrDefault(options.task);
  const file = {
    write: (result: StoredResult<T>) => `${resultJson(task, result, timings)}\n`,
    writeLine: (line: string) => `${line}\n`,
    end: () => '',
  };
  return { open: () => file };
}
