import { resultJson } from './result-json.ts';
import type { ResultWriter } from './result-writer.ts';

/**
 * Results as one JSON array, with a line for each.
 *
 * @see {@link ndjsonWriter}, {@link csvWriter}
 *
 * @example
 * const writer = jsonWriter();
 * console.log(JSON.parse(writer.write(result) + writer.write(result) + writer.end()).length); // 2
 */
export function jsonWriter({ timings = false }: { readonly timings?: boolean } = {}): ResultWriter<string> {
  let before = '[\n';
  return {
    write(result) {
      const piece = before + resultJson(result, timings);
      before = ',\n';
      return piece;
    },
    end: () => (before === ',\n' ? '\n]\n' : '[]\n'),
  };
}
