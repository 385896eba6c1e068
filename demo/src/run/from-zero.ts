import { defer, map, type MonoTypeOperatorFunction } from 'rxjs';
import type { FrameResult } from 'sluice';

/** Results whose times count from the first of them. A camera's clock counts from when the device was switched on. */
export function fromZero(): MonoTypeOperatorFunction<FrameResult<object>> {
  return (results) =>
    defer(() => {
      let first: number | undefined;
      return results.pipe(
        map((result) => {
          first ??= result.timestamp;
          return { ...result, timestamp: result.timestamp - first };
        }),
      );
    });
}
