import type { Result } from '../../tasks/classification/result.ts';
import { rounded } from './rounded.ts';

/** A result as JSON, on one line; what NDJSON and JSON have in common. */
export function resultJson(
  { source, seq, timestamp, end, frames, classes, timings = [] }: Result,
  withTimings: boolean,
): string {
  return JSON.stringify({
    source,
    seq,
    timestamp,
    ...(end === undefined ? {} : { end }),
    ...(frames === undefined ? {} : { frames }),
    classes: classes.map(({ index, label, score }) => ({ index, label, score: rounded(score, 6) })),
    ...(withTimings
      ? {
          timings: timings.map(({ stage, submitMs, deviceMs, method, run }) => ({
            stage,
            submitMs: rounded(submitMs, 3),
            deviceMs: deviceMs === undefined ? null : rounded(deviceMs, 3),
            method,
            ...(run === undefined ? {} : { run }),
          })),
        }
      : {}),
  });
}
