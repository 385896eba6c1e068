import { checkOptions } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { JSON_OPTION_NAMES, type JsonOptions } from './ndjson.ts';
import { resultJson } from './result-json.ts';
import type { ResultWriter } from './result-writer.ts';

/**
 * Makes a writer of one JSON array with a line for each result. Throws `OptionError`.
 *
 * @see {@link ndjsonWriter}, {@link csvWriter}
 *
 * @example
 * const file = jsonWriter().open();
 * console.log(JSON.parse(file.write(result) + file.write(result) + file.end()).length); // 2
 */
export function jsonWriter<T extends object = Classification>(options: JsonOptions<T> = {}): ResultWriter<string, T> {
  checkOptions<JsonOptions<T>>('jsonWriter', options, JSON_OPTION_NAMES);
  const { timings = false } = options;
  const task = taskOrDefault(options.task);
  return {
    open() {
      let before = '[\n';
      const after = (text: string) => {
        const piece = before + text;
        before = ',\n';
        return piece;
      };
      return {
        write: (result) => after(resultJson(task, result, timings)),
        writeLine: after,
        end: () => (before === ',\n' ? '\n]\n' : '[]\n'),
      };
    },
  };
}
