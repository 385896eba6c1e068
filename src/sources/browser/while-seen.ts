import { defer, distinctUntilChanged, fromEvent, map, NEVER, startWith, switchMap, type Observable } from 'rxjs';

/** @internal Frames while somebody sees the page: left when it is hidden, taken up again when it is seen. */
export function whileSeen<T>(frames: Observable<T>): Observable<T> {
  return defer(() =>
    fromEvent(document, 'visibilitychange').pipe(
      startWith(undefined),
      map(() => document.visibilityState !== 'hidden'),
      distinctUntilChanged(),
      switchMap((seen) => (seen ? frames : NEVER)),
    ),
  );
}
