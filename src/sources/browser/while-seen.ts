import { defer, distinctUntilChanged, fromEvent, map, NEVER, startWith, switchMap, type Observable } from 'rxjs';

/** @internal Subscribes to the frames while the page is visible; unsubscribes while it is hidden. */
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
