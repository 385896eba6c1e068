import { connect, filter, merge, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame } from 'sluice';
import { takes } from 'sluice/testing';

/** Delays each frame by `ms()`, one frame after another. While `ms()` is 0, frames pass at once. */
export function slowed<T>(ms: () => number): MonoTypeOperatorFunction<Frame<T>> {
  return connect((frames) =>
    merge(
      frames.pipe(filter(() => ms() === 0)),
      frames.pipe(
        filter(() => ms() > 0),
        takes(ms),
      ),
    ),
  );
}
