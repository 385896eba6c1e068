import { checkKnown } from '../../errors/known-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import { resultJson } from './result-json.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOf, type WriterOptions } from './writer-task.ts';

/** Options of {@link ndjsonWriter}, {@link jsonWriter} and {@link toNdjson}. */
export interface JsonOptions<T extends object = Classification> extends WriterOptions<T> {
  /** Adds `timings`: what each stage took. Default false. */
  readonly timings?: boolean;
}

/**
 * A result as one line of NDJSON, with its line end: `source`, `seq`, `timestamp` (µs), of several frames also `end` (µs)
 * and `frames`, the task's fields (`classes`), and with `timings` also `timings`. Scores are rounded to six decimals, times
 * to a microsecond. Throws `OptionError`.
 *
 * @example
 * process.stdout.write(toNdjson(result, { timings: true }));
 */
export function toNdjson<T extends object = Classification>(
  result: StoredResult<T>,
  options: JsonOptions<T> = {},
): string {
  checkKnown('toNdjson', options, ['task', 'timings']);
  return `${resultJson(taskOf(options), result, options.timings ?? false)}\n`;
}

/**
 * Results as NDJSON, a line for each, as {@link toNdjson} writes it. Throws `OptionError`.
 *
 * @see {@link jsonWriter}, {@link csvWriter}, {@link "sluice/node".loadParquet | loadParquet (Node)}
 *
 * @example
 * source.pipe(net, classify({ labels }), writeWith(ndjsonWriter())).subscribe((line) => process.stdout.write(line));
 */
export function ndjsonWriter<T extends object = Classification>(options: JsonOptions<T> = {}): ResultWriter<string, T> {
  checkKnown('ndjsonWriter', options, ['task', 'timings']);
  const { timings = false } = options;
  const task = taskOf(options);
  const file = {
    write: (result: StoredResult<T>) => `${resultJson(task, result, timings)}\n`,
    writeLine: (line: string) => `${line}\n`,
    end: () => '',
  };
  return { open: () => file };
}
