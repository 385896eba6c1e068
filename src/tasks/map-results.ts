import { defer, map, type OperatorFunction } from 'rxjs';
import { SluiceError, StageError } from '../errors/errors.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/**
 * An operator that turns each result into one other value. `begin` makes what it needs, for each subscription. What it throws fails the
 * stream, as {@link withFrame} has it.
 */
export function mapResults<R extends FrameLabel, T>(
  name: string,
  begin: () => (result: R) => T,
): OperatorFunction<R, T> {
  return (results) =>
    defer(() => {
      const next = begin();
      return results.pipe(map((result) => withFrame(name, result, next)));
    });
}

/** Calls a function with a result. What it throws becomes a `StageError` with the frame, but for a `SluiceError`, which stays as it is. */
export function withFrame<R extends FrameLabel, T>(name: string, result: R, next: (result: R) => T): T {
  try {
    return next(result);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    const { source, seq, timestamp } = result;
    throw new StageError(name, { source, seq, timestamp }, cause);
  }
}
