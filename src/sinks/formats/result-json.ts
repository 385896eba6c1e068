import type { StoredResult } from '../../tasks/frame-result.ts';
import { rounded } from '../../tasks/rounded.ts';
import type { Task } from '../../tasks/task.ts';
import { visibleJson } from './invisible.ts';

/** Formats a result as one line of JSON, for NDJSON and JSON. */
export function resultJson<T extends object>(
  task: Pick<Task<T>, 'stored'>,
  result: StoredResult<T>,
  withTimings: boolean,
): string {
  const { source, seq, timestamp, scene, same, end, frames, timings = [] } = result;
  const json = JSON.stringify({
    source,
    seq,
    timestamp,
    ...(scene === undefined ? {} : { scene }),
    ...(same === undefined ? {} : { same }),
    ...(end === undefined ? {} : { end }),
    ...(frames === undefined ? {} : { frames }),
    ...task.stored(result),
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
  // A terminal may show it.
  return visibleJson(json);
}
