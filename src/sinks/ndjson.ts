import type { Classification } from '../classify/classify.ts';

/**
 * A result as one line of NDJSON, with its line end: `source`, `seq`, `timestamp` (µs), `classes`, and with `timings`
 * also `stages`. Scores are rounded to six decimals, times to a microsecond.
 *
 * @example
 * process.stdout.write(toNdjson(result, { timings: true }));
 */
export function toNdjson(result: Classification, { timings = false } = {}): string {
  const { source, seq, timestamp, classes, stages } = result;
  const line = {
    source,
    seq,
    timestamp,
    classes: classes.map(({ index, label, score }) => ({ index, label, score: round(score, 6) })),
    ...(timings
      ? {
          stages: stages.map(({ stage, submitMs, deviceMs, method }) => ({
            stage,
            submitMs: round(submitMs, 3),
            deviceMs: deviceMs === undefined ? null : round(deviceMs, 3),
            method,
          })),
        }
      : {}),
  };
  return `${JSON.stringify(line)}\n`;
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
