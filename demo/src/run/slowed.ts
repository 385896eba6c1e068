import { connect, filter, merge, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame } from 'sluice';
import { takes } from 'sluice/testing';

/** Makes what follows as much slower as it is told at the time, in ms a frame; at 0 it stands in nobody's way. */
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
