import { fromEvent, map, merge, take, type Observable } from 'rxjs';

/** Ctrl-C, or being asked to end: the exit code that says so (128 + the signal's number). */
export function interruption(): Observable<number> {
  return merge(
    fromEvent(process, 'SIGINT').pipe(map(() => 130)),
    fromEvent(process, 'SIGTERM').pipe(map(() => 143)),
  ).pipe(take(1));
}
