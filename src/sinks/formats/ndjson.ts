import type { Result } from '../../tasks/classification/result.ts';
import { resultJson } from './result-json.ts';
import type { ResultWriter } from './result-writer.ts';

/**
 * A result as one line of NDJSON, with its line end: `source`, `seq`, `timestamp` (µs), of several frames also `end` (µs)
 * and `frames`, `classes`, and with `timings` also `timings`. Scores are rounded to six decimals, times to a microsecond.
 *
 * @example
 * process.stdout.write(toNdjson(result, { timings: true }));
 */
export function toNdjson(result: Result, { timings = false } = {}): string {
  return `${resultJson(result, timings)}\n`;
}

/**
 * Results as NDJSON: a line for each.
 *
 * @see {@link jsonWriter}, {@link csvWriter}, {@link "sluice/node".loadParquet | loadParquet (Node)}
 *
 * @example
 * source.pipe(net, classify({ labels }), written(ndjsonWriter)).subscribe((line) => process.stdout.write(line));
 */
export function ndjsonWriter(options?: { readonly timings?: boolean }): ResultWriter<string> {
  return { write: (result) => toNdjson(result, options), end: () => '' };
}
