import { distinctUntilChanged, EMPTY, endWith, ignoreElements, map, switchMap, takeUntil, type Observable } from 'rxjs';
import { countCrossings, type Crossings, type Detection, type FrameResult } from 'sluice';
import type { Line } from './line.ts';

/** Counts what crosses the line. Another line, or a picture of another size, begins anew. */
export function crossingsOf(
  results: Observable<FrameResult<Detection>>,
  lines: Observable<Line | undefined>,
): Observable<Crossings> {
  const sizes = results.pipe(
    map(({ picture }) => picture),
    distinctUntilChanged((a, b) => a.width === b.width && a.height === b.height),
  );
  return lines.pipe(
    switchMap((line) => {
      if (!line) return EMPTY;
      return sizes.pipe(
        switchMap(({ width, height }) =>
          results.pipe(countCrossings({ line: line.map(({ x, y }) => ({ x: x * width, y: y * height })) })),
        ),
        map(({ crossings }) => crossings),
      );
    }),
    // The line may change at any time, but not after the last result.
    takeUntil(results.pipe(ignoreElements(), endWith(undefined))),
  );
}
